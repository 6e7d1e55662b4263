"""Choosing the line that a version request means."""

from collections.abc import Iterable
from hashlib import sha256

from packaging.specifiers import SpecifierSet

from version_registry.model import Line, LineStatus, RoutingTable
from version_registry.releases import newest
from version_registry.tombstones import find_line, stand_in
from version_registry.versions import RequestKind, VersionRequest, is_prerelease_line, line_order

_READINESS = {
    LineStatus.LIVE: 3,
    LineStatus.DRAINING: 2,
    LineStatus.PROVISIONING: 2,
    LineStatus.REGISTERED: 1,
    LineStatus.RETIRING: 0,
    LineStatus.RETIRED: 0,
}
"""Who is asked first when several lines match: one that takes starts now, then one that needs no new app."""


def choose_line(table: RoutingTable, request: VersionRequest, instance_key: str = "") -> Line | None:
    """Choose the line for a request; None when no known line fits, or none is current."""
    if request.kind is RequestKind.CURRENT:
        return table.lines.get(_current_or_ramp(table, instance_key) or "")
    if request.kind is RequestKind.LINE:
        return find_line(table, request.text)
    # What is in the archive is asked only when nothing else fits: there may be much of it.
    return _best(table.lines.values(), request) or _best(_archived(table), request)


def is_on_ramp(instance_key: str, percent: int) -> bool:
    """Tell on which side of a ramp an instance falls; the same id falls on the same side in every process."""
    return int.from_bytes(sha256(instance_key.encode()).digest()[:8]) % 100 < percent


def _current_or_ramp(table: RoutingTable, instance_key: str) -> str | None:
    if table.ramp is not None and is_on_ramp(instance_key, table.ramp.percent):
        return table.ramp.line
    return table.current


def _best(lines: Iterable[Line], request: VersionRequest) -> Line | None:
    fitting = _matching(lines, request)
    return max(fitting, key=lambda line: (_READINESS[line.status], line_order(line.name)), default=None)


def _archived(table: RoutingTable) -> Iterable[Line]:
    return (stand_in(name, tombstone) for name, tombstone in table.archived.items())


def _matching(lines: Iterable[Line], request: VersionRequest) -> Iterable[Line]:
    for line in lines:
        # A pre-release is reached by its name only.
        if not is_prerelease_line(line.name) and _matches(line, request):
            yield line


def _matches(line: Line, request: VersionRequest) -> bool:
    if request.kind is RequestKind.LATEST:
        return True
    if request.kind is RequestKind.MAJOR:
        return line.name.partition(".")[0] == request.text
    version = line.active or _newest_version(line)
    return version is not None and SpecifierSet(request.text).contains(version, prereleases=False)


def _newest_version(line: Line) -> str | None:
    release = newest(line.releases)
    return release.version if release else None
