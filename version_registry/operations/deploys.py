"""Registering releases and deploying them: what deploy_release asks of the table."""

from dataclasses import replace
from typing import Any

from version_registry.changes import (
    Decision,
    Request,
    freeze,
    grant,
    let_go,
    put_line,
    queue,
    refuse,
    refuse_other_holder,
    reopen,
    take_hold,
)
from version_registry.codec import decode, encode
from version_registry.model import (
    Function,
    Line,
    LineStatus,
    Release,
    ReleaseStatus,
    RoutingTable,
    VersionApp,
)
from version_registry.promoting import is_promoted_by_policy, make_current
from version_registry.releases import (
    OUTCOME,
    close_release,
    find_release,
    first_line,
    forget_old_releases,
    put_condition,
    put_release,
    read_condition,
    recall_release,
    worked_on_by,
)
from version_registry.versions import line_of, parse_release


def register_release(request: Request) -> Decision:
    """Note a release and its digest; the first one of a line makes the line."""
    version, digest = str(parse_release(request.args["version"])), request.args["digest"]
    name = line_of(version)
    line = request.line or Line(name, LineStatus.REGISTERED)
    known, past = find_release(line, version), line.past.get(version)
    used = known.digest if known else past
    # Of a past release only the beginning is known.
    if used is not None and (digest if known else digest[: len(used)]) != used:
        reason = f"release {version} is registered with digest {used[:12]}…; a version is never used twice"
        return refuse(request, "digest_conflict", reason, digest=used)
    if known:
        return _register_again(request, line, known)
    functions = tuple(decode(Function, item) for item in request.args.get("functions", ()))
    release = Release(version, digest, registered_at=request.now, functions=functions, asked_for=_is_asked_for(request))
    table = put_line(request.table, recall_release(line, release))
    return grant(table, f"release {version} is registered, digest {digest[:12]}…", created=past is None, line=name)


def _register_again(request: Request, line: Line, known: Release) -> Decision:
    """The same release once more: at most it is wanted now, after it had been registered on demand or had failed."""
    runs_already = line.status in {LineStatus.LIVE, LineStatus.DRAINING} and line.active == known.version
    if known.asked_for or runs_already or not _is_asked_for(request):
        return grant(request.table, "", created=False, line=line.name)
    table = put_line(request.table, put_release(line, replace(known, asked_for=True)))
    return grant(table, f"release {known.version} is to be deployed", created=False, line=line.name)


def _is_asked_for(request: Request) -> bool:
    return bool(request.args.get("deploy", "now") == "now")


def begin_deploy(request: Request) -> Decision:
    """Give the line to a deploy, or queue it behind whoever has the line."""
    line, version = request.subject, str(parse_release(request.args["version"]))
    release = find_release(line, version)
    if release is None:
        return refuse(request, "unknown_version", f"release {version} is not registered")
    if line.holder == request.operation:
        return grant(request.table, "", noop=False, waiting=[], **deploy_facts(line, release))
    if line.holder is not None and line.status is not LineStatus.DRAINING:
        return _refuse_busy(request)
    if line.app is not None and release.version == line.active:
        return _nothing_to_deploy(request, release)
    if request.args.get("waited") and _is_overtaken(line, release):
        return _leave_to_newer(request, release)
    return _hold_for_deploy(request, release)


def activate(request: Request) -> Decision:
    """Let the line take starts with the new release, and make it current when policy says so."""
    line = request.subject
    release = worked_on_by(line, request.operation)
    if line.holder != request.operation or release is None:
        if release is not None and release.version == line.active:
            return grant(request.table, "", waiting=[], promoted=request.table.current == line.name)
        return refuse_other_holder(request)
    promoted = is_promoted_by_policy(request.table, line.name, asked_for=release.asked_for)
    table = put_line(request.table, _activated(request, release))
    table = make_current(table, line.name, request.now) if promoted else table
    tail = "; it is current now" if promoted else ""
    detail = f"release {release.version} is active on {request.args['app']['name']}{tail}"
    return grant(table, detail, waiting=list(line.waiting), promoted=promoted)


def fail_deploy(request: Request) -> Decision:
    """Take the line from a deploy that failed; routing stays as it was."""
    line = request.subject
    release = worked_on_by(line, request.operation)
    if line.holder != request.operation or release is None:
        if release is not None and release.status is ReleaseStatus.FAILED:
            return grant(request.table, "", waiting=[])
        return refuse_other_holder(request)
    condition = read_condition(request.args["condition"], OUTCOME, request.now)
    failed = put_condition(replace(release, status=ReleaseStatus.FAILED, asked_for=False), condition)
    left = "" if request.args["app_deleted"] else "its app could not be removed: look for it by its tags"
    after = forget_old_releases(put_release(line, failed), failed.version)
    after = let_go(after, _status_after_failure(line), condition=left)
    detail = f"the deploy of {release.version} failed: {first_line(condition)}"
    return grant(put_line(request.table, after), detail, waiting=list(line.waiting))


def report_progress(request: Request) -> Decision:
    """Note on the release how far its deploy is."""
    line = request.subject
    release = worked_on_by(line, request.operation)
    if line.holder != request.operation or release is None:
        return refuse_other_holder(request)
    condition = read_condition(request.args["condition"], "Progressing", request.now)
    table = put_line(request.table, put_release(line, put_condition(release, condition)))
    # What it still waits for changes too often for the log.
    return grant(table, f"{release.version}: {first_line(condition)}" if condition.status else "")


def deploy_facts(line: Line, release: Release) -> dict[str, Any]:
    """Collect what a deploy needs to know about its line."""
    previous = find_release(line, line.active) if line.active else None
    return {
        "line": line.name,
        "status": line.status.value,
        "line_generation": line.generation,
        "app": encode(line.app),
        "version": release.version,
        "digest": release.digest,
        "functions": encode(release.functions),
        "previous": previous
        and {"version": previous.version, "digest": previous.digest, "functions": encode(line.functions)},
    }


def _refuse_busy(request: Request) -> Decision:
    line = request.subject
    table = put_line(request.table, queue(line, request.operation))
    reason = f"line {line.name} is {line.status.value}, held by {line.holder}"
    return Decision(table, learns={"holder": line.holder}, code="busy", reason=reason)


def _nothing_to_deploy(request: Request, release: Release) -> Decision:
    """The line runs this release already; posting it again at most cancels a drain."""
    line = request.subject
    facts = deploy_facts(line, release) | {"noop": True, "waiting": list(line.waiting)}
    if line.status is not LineStatus.DRAINING:
        return grant(request.table, "", **facts)
    table = put_line(request.table, reopen(line))
    return grant(table, f"release {release.version} was posted again: the drain is cancelled", **facts)


def _is_overtaken(line: Line, release: Release) -> bool:
    return line.active is not None and parse_release(line.active) > parse_release(release.version)


def _leave_to_newer(request: Request, release: Release) -> Decision:
    """While this deploy waited, a newer release got the line: to deploy the older one now would take it back."""
    line = request.subject
    facts = deploy_facts(line, release) | {"noop": True, "waiting": [], "overtaken_by": line.active}
    if release.status is not ReleaseStatus.REGISTERED:
        return grant(request.table, "", **facts)
    table = put_line(request.table, put_release(line, replace(release, status=ReleaseStatus.SUPERSEDED)))
    return grant(table, f"release {release.version} was overtaken by {line.active} and is not deployed", **facts)


def _hold_for_deploy(request: Request, release: Release) -> Decision:
    line = request.subject
    draining = line.status is LineStatus.DRAINING
    line = reopen(line) if draining else line
    fresh = line.app is None
    status = LineStatus.PROVISIONING if fresh else LineStatus.LIVE
    held = replace(take_hold(line, status, request), generation=line.generation + fresh, condition="")
    deploying = replace(release, status=ReleaseStatus.DEPLOYING, operation=request.operation, conditions=())
    held = put_release(held, deploying)
    what = f"into app generation {held.generation}" if fresh else f"onto {line.app.name if line.app else ''}"
    tail = "; the drain is cancelled" if draining else ""
    facts = deploy_facts(held, deploying) | {"noop": False, "waiting": []}
    return grant(put_line(request.table, held), f"deploying {release.version} {what}{tail}", **facts)


def _activated(request: Request, release: Release) -> Line:
    line = request.subject
    condition = read_condition({"status": True, "reason": "activated"}, OUTCOME, request.now)
    active = put_condition(replace(release, status=ReleaseStatus.ACTIVE, asked_for=False), condition)
    line = put_release(line, active)
    former = find_release(line, line.active) if line.active else None
    if former is not None and former.version != release.version:
        line = forget_old_releases(put_release(line, close_release(former, ReleaseStatus.SUPERSEDED)), former.version)
    first = line.app is None
    return let_go(
        line,
        LineStatus.LIVE,
        app=decode(VersionApp, request.args["app"]),
        active=release.version,
        functions=tuple(decode(Function, item) for item in request.args["functions"]),
        activated_at=request.now,
        superseded_at=request.now if first else line.superseded_at,
        quiet_since=None,
        last_count=None,
        drain_began_at=None,
        condition="",
    )


def _status_after_failure(line: Line) -> LineStatus:
    if line.app is not None:
        return LineStatus.LIVE
    return LineStatus.RETIRED if line.receipt else LineStatus.REGISTERED


def new_table(application: str) -> RoutingTable:
    """Make the table of an application that has none."""
    return RoutingTable(application, lines=freeze({}))
