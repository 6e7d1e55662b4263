"""What is true of every routing table, always. Tests and simulations check it, and so does every change."""

from collections.abc import Callable, Iterator

from version_registry.model import Line, LineStatus, ReleaseStatus, RoutingTable

_HAS_APP = {LineStatus.LIVE, LineStatus.DRAINING, LineStatus.RETIRING}
_ALWAYS_HELD = {LineStatus.PROVISIONING, LineStatus.DRAINING, LineStatus.RETIRING}
_CLOSING = {LineStatus.DRAINING, LineStatus.RETIRING}


def find_violations(table: RoutingTable, sound: RoutingTable | None = None) -> tuple[str, ...]:
    """List, in sentences, what is wrong with a table; nothing in a sound one.

    `sound` is a former state that was: lines that are as they were in it need no second look.
    """
    found = [*_check_current(table), *_check_archived(table)]
    known = sound.lines if sound is not None and sound.current == table.current else {}
    for name, line in table.lines.items():
        if known.get(name) is line:
            continue
        found += [f"line {name}: {problem}" for check in _LINE_CHECKS for problem in check(table, line)]
    return tuple(found)


def _check_current(table: RoutingTable) -> Iterator[str]:
    current = table.lines.get(table.current) if table.current else None
    if table.current and (current is None or current.status is not LineStatus.LIVE):
        yield f"the current line {table.current} is not live"
    if table.previous is not None and (table.previous == table.current or table.previous not in table.lines):
        yield f"the previous line {table.previous} is the current one, or unknown"
    if table.ramp is None:
        return
    target = table.lines.get(table.ramp.line)
    if target is None or target.status is not LineStatus.LIVE or table.ramp.line == table.current:
        yield f"the ramp goes to line {table.ramp.line}, which is current or not live"


def _check_archived(table: RoutingTable) -> Iterator[str]:
    for name in sorted(table.archived.keys() & table.lines.keys()):
        yield f"line {name} is in the table and in the archive"


def _check_app(_: RoutingTable, line: Line) -> Iterator[str]:
    if (line.app is not None) != (line.status in _HAS_APP):
        yield f"it is {line.status.value} and its app is {line.app}"
    if line.app is not None and line.generation < 1:
        yield "it has an app and no generation"


def _check_releases(_: RoutingTable, line: Line) -> Iterator[str]:
    active = [release.version for release in line.releases if release.status is ReleaseStatus.ACTIVE]
    if active != ([line.active] if line.active else []):
        yield f"its active release is {line.active}, its releases say {active}"
    if (line.active is not None) != (line.app is not None):
        yield f"it runs {line.active} on {line.app}"
    versions = [release.version for release in line.releases]
    if len({*versions, *line.past}) != len(versions) + len(line.past):
        yield "a release stands twice"


def _check_holder(_: RoutingTable, line: Line) -> Iterator[str]:
    deploys = [release.operation for release in line.releases if release.status is ReleaseStatus.DEPLOYING]
    by_deploy = line.status in {LineStatus.PROVISIONING, LineStatus.LIVE}
    if deploys != ([line.holder] if line.holder and by_deploy else []):
        yield f"it is {line.status.value}, held by {line.holder}, and deployed by {deploys}"
    if line.status in _ALWAYS_HELD and line.holder is None:
        yield f"it is {line.status.value} and held by nobody"
    if (line.holder is None) != (line.held_since is None):
        yield "its holder and the time of the hold do not go together"


def _check_waiting(_: RoutingTable, line: Line) -> Iterator[str]:
    at_rest = line.status is LineStatus.DRAINING or (line.status is LineStatus.LIVE and line.holder is None)
    if at_rest and line.waiting:
        yield f"{line.waiting} wait for a line that takes starts or would be reopened for them"


def _check_clock(table: RoutingTable, line: Line) -> Iterator[str]:
    if line.status is LineStatus.LIVE and (line.superseded_at is None) != (line.name == table.current):
        yield "a live line has a drain clock exactly when it is not current"
    if line.status in _CLOSING and line.drain_began_at is None:
        yield "it closes and nobody knows since when"


def _check_closing(_: RoutingTable, line: Line) -> Iterator[str]:
    if line.status in _CLOSING and line.keep is not None:
        yield "it is kept, yet closing"
    if line.status is LineStatus.RETIRING and line.proof is None:
        yield "its app is deleted without proof"
    if line.status is LineStatus.RETIRED and line.receipt is None:
        yield "it is retired without a receipt"


_LINE_CHECKS: tuple[Callable[[RoutingTable, Line], Iterator[str]], ...] = (
    _check_app,
    _check_releases,
    _check_holder,
    _check_waiting,
    _check_clock,
    _check_closing,
)
