"""The routing table as people read it: JSON for the routes, a release and the log."""

from datetime import datetime
from typing import Any

from version_registry.codec import encode, encode_time
from version_registry.drain_plan import BeginRetirement, judge_line
from version_registry.errors import InvalidNameError
from version_registry.model import Line, LineStatus, Release, RoutingTable, Timings
from version_registry.quiet import is_superseded
from version_registry.releases import find_release
from version_registry.sagas import Json
from version_registry.versions import line_of, line_order, parse_release


def view_table(table: RoutingTable, now: datetime, timings: Timings) -> Json:
    """Show the whole table, newest line first, with what each line waits for."""
    newest_first = sorted(table.lines.values(), key=lambda line: line_order(line.name), reverse=True)
    return {
        "application": table.application,
        "generation": table.generation,
        "current": table.current,
        "previous": table.previous,
        "ramp": encode(table.ramp),
        "policy": encode(table.policy),
        "archived": len(table.archived),
        "lines": [view_line(table, line, now, timings) for line in newest_first],
    }


def view_line(table: RoutingTable, line: Line, now: datetime, timings: Timings) -> Json:
    """Show one line."""
    return {
        "name": line.name,
        "status": line.status.value,
        "current": line.name == table.current,
        "superseded": is_superseded(table, line),
        "generation": line.generation,
        "active": line.active,
        "app": None if line.app is None else {"name": line.app.name},
        "functions": encode(line.functions),
        "condition": explain_line(table, line, now, timings),
        "operation": line.holder,
        "waiting": len(line.waiting),
        "keep": line.keep,
        "drain_requested": line.drain_requested,
        **_times(line),
        "last_count": encode(line.last_count),
        "proof": encode(line.proof),
        "receipt": encode(line.receipt),
        "releases": [_view_release(line, release) for release in line.releases],
    }


def explain_line(table: RoutingTable, line: Line, now: datetime, timings: Timings) -> str:
    """Say what the line waits for, and what a person must know of it; empty when there is nothing to say."""
    return "; ".join(text for text in (_name_wait(table, line, now, timings), line.condition) if text)


def _name_wait(table: RoutingTable, line: Line, now: datetime, timings: Timings) -> str:
    match line.status:
        case LineStatus.LIVE if is_superseded(table, line):
            verdict = judge_line(table, line, now, timings)
            return "its retirement to begin" if isinstance(verdict, BeginRetirement) else verdict.reason
        case LineStatus.PROVISIONING:
            return "its app to be made, filled and found healthy"
        case LineStatus.DRAINING:
            return "the proof that nothing in its app is unfinished"
        case LineStatus.RETIRING:
            return "its app to be deleted"
        case _:
            return ""


def view_release(table: RoutingTable, version: str) -> Json | None:
    """Show one release with its steps and conditions; None when there is no such release."""
    try:
        normalised = parse_release(version)
    except InvalidNameError:
        return None
    line = table.lines.get(line_of(normalised))
    release = find_release(line, str(normalised)) if line else None
    if line is None or release is None:
        return None
    return {
        "application": table.application,
        **_view_release(line, release),
        "line_status": line.status.value,
        "current": line.name == table.current,
        "functions": encode(release.functions),
    }


def view_log(table: RoutingTable) -> Json:
    """Show the newest changes, newest first."""
    entries = [encode(entry) for entry in reversed(table.log)]
    return {"application": table.application, "generation": table.generation, "log": entries}


def _view_release(line: Line, release: Release) -> dict[str, Any]:
    return {
        "version": release.version,
        "line": line.name,
        "digest": release.digest,
        "status": release.status.value,
        "registered_at": encode_time(release.registered_at),
        "conditions": encode(release.conditions),
        "operation": release.operation,
    }


def _times(line: Line) -> dict[str, Any]:
    names = ("activated_at", "promoted_at", "superseded_at", "quiet_since", "drain_began_at", "held_since")
    return {name: encode(getattr(line, name)) for name in names}
