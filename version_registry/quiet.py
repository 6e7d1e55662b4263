"""Counts over time: when a line is superseded, since when it is quiet, and what an unknown answer means."""

from dataclasses import replace
from datetime import datetime

from version_registry.model import Count, Line, LineStatus, RoutingTable


def is_superseded(table: RoutingTable, line: Line) -> bool:
    """Tell whether a line is live without being current."""
    return line.status is LineStatus.LIVE and line.name != table.current


def quiet_since(line: Line, count: Count) -> datetime | None:
    """Tell since when a line is quiet, given its latest count. Unknown is not zero: it ends the row."""
    if count.unfinished != 0:
        return None
    return line.quiet_since or count.at


def note_count(line: Line, count: Count) -> Line:
    """Note a count that says something new; one that repeats the last leaves the line, and so the table, as it is."""
    quiet = quiet_since(line, count)
    if line.last_count is not None and quiet == line.quiet_since and _says_the_same(line.last_count, count):
        return line
    return replace(line, last_count=count, quiet_since=quiet)


def _says_the_same(last: Count, count: Count) -> bool:
    return replace(last, at=count.at) == count
