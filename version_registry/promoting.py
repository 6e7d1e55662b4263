"""Which line is current, and what a change of it means for the lines involved."""

from dataclasses import replace
from datetime import datetime

from version_registry.changes import put_line
from version_registry.model import PromotePolicy, RoutingTable
from version_registry.versions import is_prerelease_line, line_order


def is_promoted_by_policy(table: RoutingTable, line: str, *, asked_for: bool) -> bool:
    """Decide whether a line that has just been activated becomes current without anybody promoting it.

    `asked_for`: a pipeline asked for this deploy. A client's start may cause one too, but is no release decision.
    """
    if line == table.current or is_prerelease_line(line):
        return False
    if table.current is None:
        return True
    if not asked_for:
        return False
    # A patch for an old line, or an old line that is recreated, never takes over.
    return table.policy.promote is PromotePolicy.IMMEDIATELY and line_order(line) > line_order(table.current)


def make_current(table: RoutingTable, name: str, now: datetime) -> RoutingTable:
    """Make a live line current; the former one is superseded from now on."""
    former = table.current
    promoted = replace(
        table.lines[name],
        promoted_at=now,
        superseded_at=None,
        quiet_since=None,
        last_count=None,
        drain_requested=False,
    )
    ramp = table.ramp if table.ramp and table.ramp.line != name else None
    table = replace(put_line(table, promoted), current=name, previous=former, ramp=ramp)
    if former is None:
        return table
    superseded = replace(table.lines[former], superseded_at=now, quiet_since=None, last_count=None)
    return put_line(table, superseded)
