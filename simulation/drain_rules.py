"""When a line may be closed, said once more in other words, so that a slip of the production rule is seen."""

from datetime import datetime

from version_registry.model import Line, LineStatus, RoutingTable, Timings
from version_registry.versions import is_prerelease_line, line_order


def why_not_close(table: RoutingTable, line: Line, now: datetime) -> str:
    """Say what forbids to close a live line, by what the table says at that very moment; empty if nothing does."""
    if table.current == line.name:
        return "it is current"
    if line.keep is not None:
        return "an admin keeps it"
    if line.holder is not None:
        return "a deploy holds it"
    if table.ramp is not None and table.ramp.line == line.name:
        return "it takes a share of the starts"
    if line.quiet_since is None:
        return "it is not known to be quiet"
    return "" if line.drain_requested else _why_not_by_itself(table, line, now)


def _why_not_by_itself(table: RoutingTable, line: Line, now: datetime) -> str:
    """Say what forbids it unless an admin asks for it."""
    age = now - line.superseded_at if line.superseded_at else None
    if age is None or age < table.policy.sunset_delay:
        return "policy delays its sunset"
    if line.promoted_at is None and age < table.policy.trial_period:
        return "its trial is not over"
    newer = [
        other.name
        for other in table.lines.values()
        if other.status is LineStatus.LIVE
        and other.name != table.current
        and not is_prerelease_line(other.name)
        and line_order(other.name) > line_order(line.name)
    ]
    if not is_prerelease_line(line.name) and len(newer) < table.policy.keep_last:
        return "policy keeps the newest superseded lines"
    return ""


class Restlessness:
    """When each line was last anything but quiet, by what happened to it rather than by what the table notes."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}

    def note(self, before: RoutingTable | None, after: RoutingTable, now: datetime) -> None:
        """Look at what an operation changed."""
        for name, line in after.lines.items():
            was = before.lines.get(name) if before else None
            if was is line:
                continue
            is_opened = line.status is LineStatus.LIVE and (was is None or was.status is not LineStatus.LIVE)
            is_at_work = line.last_count is not None and line.last_count.unfinished != 0
            if is_opened or is_at_work:
                self._last[name] = now

    def why_not_close(self, line: Line, now: datetime, timings: Timings) -> str:
        """Say that a line has not been quiet for long enough; empty if it has."""
        last = self._last.get(line.name)
        if last is None or line.drain_requested or now - last >= timings.quiet_for:
            return ""
        return f"it was not quiet {(now - last).total_seconds():.1f} s ago"
