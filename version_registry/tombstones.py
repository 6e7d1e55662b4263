"""Old tombstones leave the table for the archive; what routing needs of them stays, and any of them can come back."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from version_registry.changes import freeze, put_line
from version_registry.codec import encode
from version_registry.model import Line, LineStatus, Release, ReleaseStatus, RoutingTable, Tombstone
from version_registry.releases import newest

KEPT_IN_TABLE = 20
"""So many of the latest tombstones stay in the table, with their receipts."""

_UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)


def choose_for_archive(table: RoutingTable) -> tuple[Line, ...]:
    """Choose the tombstones that leave the table, the oldest first: all but the latest, and those nobody waits for."""
    retired = [line for line in table.lines.values() if line.status is LineStatus.RETIRED and line.receipt is not None]
    by_age = sorted(retired, key=_retired_at)
    old = by_age[: max(0, len(by_age) - KEPT_IN_TABLE)]
    return tuple(line for line in old if is_at_rest(table, line))


def is_at_rest(table: RoutingTable, line: Line) -> bool:
    """Tell whether nothing is going on with a tombstone, and nothing may."""
    is_wanted = line.waiting or line.errand or line.keep or line.name == table.previous
    return line.status is LineStatus.RETIRED and not is_wanted


def make_tombstone(line: Line) -> Tombstone:
    """Keep of a line what routing needs."""
    latest = newest(line.releases)
    return Tombstone(version=latest.version if latest else "", generation=line.generation)


def fingerprint(line: Line) -> str:
    """Digest a line, to tell whether it is still as it was copied."""
    return hashlib.sha256(json.dumps(encode(line), sort_keys=True).encode()).hexdigest()[:16]


def find_line(table: RoutingTable, name: str) -> Line | None:
    """Find a line; of one in the archive a stand-in that routes as it would."""
    line = table.lines.get(name)
    tombstone = table.archived.get(name)
    return line or (stand_in(name, tombstone) if tombstone else None)


def stand_in(name: str, tombstone: Tombstone) -> Line:
    """Make a line that is good for routing only: its package and its receipt are in the archive."""
    release = Release(tombstone.version, "", registered_at=_UNKNOWN_TIME, status=ReleaseStatus.RETIRED)
    return Line(name, LineStatus.RETIRED, generation=tombstone.generation, releases=(release,))


def with_archived(table: RoutingTable, *lines: Line) -> RoutingTable:
    """Put archived lines back, as people may want to see them and as an operation on them needs it."""
    restored = {line.name for line in lines}
    left = {name: tombstone for name, tombstone in table.archived.items() if name not in restored}
    return put_line(_with_tombstones(table, left), *lines)


def without(table: RoutingTable, lines: tuple[Line, ...]) -> RoutingTable:
    """Leave of these lines their tombstones."""
    gone = {line.name: make_tombstone(line) for line in lines}
    kept = {name: line for name, line in table.lines.items() if name not in gone}
    return _with_tombstones(table, {**table.archived, **gone}, kept)


def _with_tombstones(
    table: RoutingTable, tombstones: dict[str, Tombstone], lines: dict[str, Line] | None = None
) -> RoutingTable:
    changed = replace(table, archived=MappingProxyType(tombstones))
    return changed if lines is None else replace(changed, lines=freeze(lines))


def _retired_at(line: Line) -> datetime:
    return line.receipt.completed_at if line.receipt else _UNKNOWN_TIME
