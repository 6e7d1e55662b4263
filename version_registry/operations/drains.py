"""Counting, draining and retiring: what monitor and retire_line ask of the table."""

from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from version_registry.changes import (
    Decision,
    Request,
    grant,
    let_go,
    put_line,
    refuse,
    refuse_other_holder,
    reopen,
    take_hold,
)
from version_registry.codec import decode, encode
from version_registry.model import Count, Line, LineStatus, Proof, Receipt, ReleaseStatus
from version_registry.operations.deploys import deploy_facts
from version_registry.quiet import is_superseded, note_count
from version_registry.releases import close_release, find_release, put_release, worked_on_by


def record_counts(request: Request) -> Decision:
    """Note what the superseded lines' apps reported."""
    table = request.table
    counts = {name: decode(Count, item) for name, item in request.args["counts"].items()}
    noted = [
        note_count(table.lines[name], count)
        for name, count in counts.items()
        if name in table.lines and is_superseded(table, table.lines[name])
    ]
    return grant(put_line(table, *noted) if noted else table, "")


def begin_drain(request: Request) -> Decision:
    """Close a superseded line to new starts. Reversible until begin_retire."""
    line, table = request.subject, request.table
    if line.holder == request.operation:
        return grant(table, "", app=encode(line.app))
    if obstacle := _find_obstacle(request):
        return refuse(request, *obstacle)
    held = take_hold(line, LineStatus.DRAINING, request)
    held = replace(held, drain_began_at=request.now, proof=None, condition="")
    return grant(put_line(table, held), f"line {line.name} is closed to new starts", app=encode(line.app))


def cancel_drain(request: Request) -> Decision:
    """Take a draining line back into service."""
    line = request.subject
    if line.status is LineStatus.LIVE:
        return grant(request.table, "", waiting=[])
    by_saga = request.operation is not None
    if by_saga and line.holder != request.operation:
        return refuse_other_holder(request)
    reason = request.args.get("reason") or "asked for by an admin"
    opened = reopen(line, condition=f"the drain was cancelled: {reason}")
    # What the saga gives up may be tried again; what an admin takes back is taken back.
    opened = opened if by_saga else replace(opened, drain_requested=False)
    detail = f"the drain of line {line.name} is cancelled: {reason}"
    return grant(put_line(request.table, opened), detail, waiting=list(line.waiting))


def begin_retire(request: Request) -> Decision:
    """Pass the point of no return: the line is proven empty and its app may go."""
    line = request.subject
    if line.holder != request.operation:
        return refuse_other_holder(request)
    if line.status is LineStatus.RETIRING:
        return grant(request.table, "", app=encode(line.app))
    counts = tuple(decode(Count, item) for item in request.args["counts"])
    if not _is_proof(counts, line.drain_began_at):
        return refuse(request, "not_proven", "two zero counts in a row, at two times since the drain began, are needed")
    archived = request.args["archived"]
    proven = replace(line, status=LineStatus.RETIRING, proof=Proof(counts, archived))
    detail = f"line {line.name} is proven empty ({archived} finished instances archived); its app is being deleted"
    return grant(put_line(request.table, proven), detail, app=encode(line.app))


def complete_retire(request: Request) -> Decision:
    """Leave a tombstone with its receipt where the app was."""
    line = request.subject
    if line.receipt is not None and line.receipt.operation == request.operation and line.status is LineStatus.RETIRED:
        return grant(request.table, "", waiting=[], receipt=encode(line.receipt))
    if line.holder != request.operation or line.status is not LineStatus.RETIRING:
        return refuse_other_holder(request)
    receipt = _write_receipt(request)
    tombstone = let_go(
        _without_active(line),
        LineStatus.RETIRED,
        app=None,
        functions=(),
        superseded_at=None,
        quiet_since=None,
        last_count=None,
        drain_began_at=None,
        drain_requested=False,
        proof=None,
        receipt=receipt,
        condition="",
    )
    detail = f"line {line.name} is retired; deleted: {', '.join(receipt.deleted) or 'nothing was left'}"
    learns = {"waiting": list(line.waiting), "receipt": encode(receipt)}
    return grant(put_line(request.table, tombstone), detail, **learns)


def note(request: Request) -> Decision:
    """Tell people what the line's holder is stuck at."""
    line = request.subject
    if line.holder != request.operation:
        return refuse_other_holder(request)
    message = request.args["condition"].get("message") or request.args["condition"]["reason"]
    return grant(put_line(request.table, replace(line, condition=message)), f"line {line.name}: {message}")


def take_over(request: Request) -> Decision:
    """Give the hold of a dead orchestration to the one that cleans up after it."""
    line = request.subject
    if line.holder == request.operation:
        return grant(request.table, "", **_facts(line, request.operation))
    if line.holder != request.args["replaces"]:
        return refuse_other_holder(request)
    taken = take_hold(line, line.status, request)
    if line.status is LineStatus.DRAINING:
        # The safety wait starts anew: nobody knows how far the dead one had come.
        taken = replace(taken, drain_began_at=request.now)
    if release := worked_on_by(line, line.holder):
        taken = put_release(taken, replace(release, operation=request.operation))
    detail = f"line {line.name} is taken over from {line.holder}, which ended without letting go"
    return grant(put_line(request.table, taken), detail, **_facts(taken, request.operation))


def _find_obstacle(request: Request) -> tuple[str, str] | None:
    """Find what forbids to drain a live line, as code and reason."""
    line, table = request.subject, request.table
    if line.generation != request.args["line_generation"]:
        return "stale", f"line {line.name} is at generation {line.generation}"
    if line.holder is not None:
        return "busy", f"line {line.name} is held by {line.holder}"
    if table.current == line.name:
        return "current", f"line {line.name} is current"
    if line.keep is not None:
        return "kept", f"line {line.name} is kept: {line.keep}"
    if table.ramp is not None and table.ramp.line == line.name:
        return "ramp_target", f"line {line.name} takes a share of the unversioned starts"
    return None


def _facts(line: Line, operation: str | None) -> dict[str, object]:
    release = worked_on_by(line, operation)
    if release is not None and release.status is ReleaseStatus.DEPLOYING:
        return deploy_facts(line, release)
    return {
        "line": line.name,
        "status": line.status.value,
        "line_generation": line.generation,
        "app": encode(line.app),
    }


def _is_proof(counts: tuple[Count, ...], began_at: datetime | None) -> bool:
    """Tell whether the counts end with zeros only, from two times since the drain began."""
    if began_at is None:
        return False
    zeros = tuple(takewhile(lambda count: count.unfinished == 0 and count.at >= began_at, reversed(counts)))
    return len({count.at for count in zeros}) >= 2


def _write_receipt(request: Request) -> Receipt:
    line = request.subject
    proof = line.proof or Proof((), 0)
    return Receipt(
        operation=request.operation or "",
        generation=line.generation,
        table_generation=request.table.generation + 1,
        drain_began_at=line.drain_began_at or request.now,
        counts=proof.counts,
        archived=proof.archived,
        deleted=tuple(request.args["deleted"]),
        completed_at=request.now,
    )


def _without_active(line: Line) -> Line:
    active = find_release(line, line.active) if line.active else None
    retired = put_release(line, close_release(active, ReleaseStatus.RETIRED)) if active else line
    return replace(retired, active=None)
