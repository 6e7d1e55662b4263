"""Places for version apps, of which there is a limit: who holds them, what would free them, and whether one is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from version_registry.drain_plan import BeginRetirement, judge_line
from version_registry.model import Line, LineStatus, RoutingTable, Timings
from version_registry.quiet import is_superseded
from version_registry.versions import line_order


@dataclass(frozen=True, slots=True)
class Place:
    """A line that has a version app, or is getting one."""

    application: str
    line: str
    status: LineStatus
    blocked_by: str
    """Why its app is not gone yet, for people."""


def needs_place(table: RoutingTable | None, line: str) -> bool:
    """Tell whether a deploy to the line would make an app that is not there, nor being made, yet."""
    known = table.lines.get(line) if table else None
    return known is None or not _holds_place(known)


def held_places(tables: Iterable[RoutingTable], now: datetime, timings: Timings) -> tuple[Place, ...]:
    """List the places that are held; first those that will be free soonest, the current lines last."""
    found = [
        (_distance(table, line), table.application, line_order(line.name), _place(table, line, now, timings))
        for table in tables
        for line in table.lines.values()
        if _holds_place(line)
    ]
    return tuple(place for *_, place in sorted(found, key=lambda one: one[:3]))


def explain_limit(places: tuple[Place, ...], limit: int, *, unnamed: int = 0) -> str:
    """Say that no place is left, who holds them and what to do; empty while there is one.

    `unnamed`: so many more are held by applications that the reader is not to be told of.
    """
    held = len(places) + unnamed
    if held < limit:
        return ""
    named = [f"{place.application} {place.line} ({place.blocked_by})" for place in places[:10]]
    more = [f"{held - len(named)} {'more' if named else 'of other applications'}"] if held > len(named) else []
    return (
        f"The router may have {limit} version {'app' if limit == 1 else 'apps'} (ROUTER_MAX_APPS), and has them: "
        f"{' and '.join([*([', '.join(named)] if named else []), *more])}."
        " Retire a line, or raise the limit, here and in the subscription."
    )


def _holds_place(line: Line) -> bool:
    return line.app is not None or line.status is LineStatus.PROVISIONING


def _distance(table: RoutingTable, line: Line) -> int:
    """Rank how far a line is from giving its place up."""
    order = (LineStatus.RETIRING, LineStatus.DRAINING, LineStatus.LIVE, LineStatus.PROVISIONING)
    return len(order) if line.name == table.current else order.index(line.status)


def _place(table: RoutingTable, line: Line, now: datetime, timings: Timings) -> Place:
    return Place(table.application, line.name, line.status, _blocker(table, line, now, timings))


def _blocker(table: RoutingTable, line: Line, now: datetime, timings: Timings) -> str:
    if line.name == table.current:
        return "current"
    if is_superseded(table, line):
        verdict = judge_line(table, line, now, timings)
        return "about to be retired" if isinstance(verdict, BeginRetirement) else verdict.reason
    if line.status is LineStatus.PROVISIONING:
        return "its app is being made"
    return "; ".join(text for text in ("on its way to be retired", line.condition) if text)
