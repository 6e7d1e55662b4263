"""What admins do: promote, roll back, ramp, keep, ask for a drain, set the policy."""

from dataclasses import replace

from version_registry.changes import Decision, Request, grant, put_line, refuse, reopen
from version_registry.codec import decode, encode
from version_registry.errors import MalformedError
from version_registry.model import LineStatus, Policy, Ramp
from version_registry.promoting import make_current
from version_registry.versions import is_prerelease_line


def promote(request: Request) -> Decision:
    """Make a live line current; a draining one is taken back into service first."""
    line = request.subject
    if is_prerelease_line(line.name) and not request.args.get("force"):
        return _refuse_prerelease(request)
    if request.table.current == line.name:
        return grant(request.table, "", line=line.name, waiting=[])
    return _put_in_front(request, f"line {line.name} is current")


def rollback(request: Request) -> Decision:
    """Make the line current that was so before."""
    decision = _put_in_front(request, f"rolled back to line {request.subject.name}")
    # Forgetting the way back makes a repeated rollback an error instead of a flip.
    return replace(decision, table=replace(decision.table, previous=None))


def ramp(request: Request) -> Decision:
    """Send a share of the unversioned starts to a line that is not current."""
    line, percent = request.subject, request.args["percent"]
    if not isinstance(percent, int) or not 0 <= percent <= 100:
        raise MalformedError(f"a ramp has 0 to 100 percent, not {percent!r}")
    if percent == 0:
        ends = request.table.ramp is not None and request.table.ramp.line == line.name
        after = replace(request.table, ramp=None) if ends else request.table
        return grant(after, f"the ramp of line {line.name} has ended")
    if request.table.current == line.name:
        return refuse(request, "current", f"line {line.name} is current: it takes all unversioned starts")
    if is_prerelease_line(line.name) and not request.args.get("force"):
        return _refuse_prerelease(request)
    detail = f"line {line.name} takes {percent} % of the unversioned starts"
    return grant(replace(request.table, ramp=Ramp(line.name, percent)), detail)


def keep(request: Request) -> Decision:
    """Keep a line from being drained, or stop keeping it."""
    line, reason = request.subject, request.args.get("reason") or None
    waiting = list(line.waiting) if reason and line.status is LineStatus.DRAINING else []
    kept = replace(line, keep=reason)
    if reason:
        kept = reopen(kept) if line.status is LineStatus.DRAINING else kept
        kept = replace(kept, drain_requested=False)
    detail = f"line {line.name} is kept: {reason}" if reason else f"line {line.name} is not kept any more"
    return grant(put_line(request.table, kept), detail, waiting=waiting)


def request_drain(request: Request) -> Decision:
    """Ask for a line to be drained as soon as it holds no unfinished instance."""
    line = request.subject
    if request.table.current == line.name:
        return refuse(request, "current", f"line {line.name} is current; promote another line first")
    if line.keep is not None:
        return refuse(request, "kept", f"line {line.name} is kept: {line.keep}")
    if line.status is LineStatus.DRAINING:
        return grant(request.table, "")
    asked = replace(line, drain_requested=True)
    return grant(put_line(request.table, asked), f"a drain of line {line.name} was asked for")


def set_policy(request: Request) -> Decision:
    """Change what the application's admins chose; fields that are not named stay."""
    wanted = request.args["policy"]
    known = encode(request.table.policy)
    if unknown := sorted(set(wanted) - set(known)):
        raise MalformedError(f"a policy has no {', '.join(unknown)}; it has {', '.join(known)}")
    policy = decode(Policy, {**known, **wanted})
    if policy.keep_last < 0 or policy.sunset_delay.total_seconds() < 0 or policy.trial_period.total_seconds() < 0:
        raise MalformedError("keep_last, sunset_delay and trial_period cannot be negative")
    changes = ", ".join(f"{name} {value}" for name, value in encode(policy).items() if value != known[name])
    return grant(replace(request.table, policy=policy), f"policy: {changes}", policy=encode(policy))


def _put_in_front(request: Request, detail: str) -> Decision:
    line, table = request.subject, request.table
    waiting: list[str] = []
    if line.status is LineStatus.DRAINING:
        waiting, detail = list(line.waiting), f"{detail}; its drain is cancelled"
        table = put_line(table, reopen(line))
    return grant(make_current(table, line.name, request.now), detail, line=line.name, waiting=waiting)


def _refuse_prerelease(request: Request) -> Decision:
    reason = f"{request.subject.name} is a pre-release: it is reached by name only, unless forced"
    return refuse(request, "prerelease", reason)
