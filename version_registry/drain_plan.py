"""What the monitor decides in one cycle: which lines may be drained, why the others may not, and when to look again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from version_registry.changes import put_line
from version_registry.model import Count, Line, RoutingTable, Timings
from version_registry.quiet import is_superseded, note_count
from version_registry.releases import worked_on_by
from version_registry.versions import is_prerelease_line, line_order

DEATH_IS_SURE_AFTER = timedelta(minutes=1)
"""A holder may be looked for before its orchestration is visible, or while it continues as new."""
SOONEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a cycle starts from, besides the table."""

    counts: Mapping[str, Count] = field(default_factory=dict)
    """Of each superseded line's app, just taken."""
    dead_holders: tuple[str, ...] = ()
    """Lines whose holder's orchestration has ended or cannot be found."""


@dataclass(frozen=True, slots=True)
class BeginRetirement:
    """Start retire_line for a line that looks empty; it proves it."""

    line: str
    line_generation: int


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Start a saga that goes on, or cleans up, in place of a dead one."""

    line: str
    holder: str
    version: str | None = None
    """The release that a dead deploy worked on; None for a dead retirement."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A line that is not drained now, why, and when that may change by itself."""

    line: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CyclePlan:
    """What the monitor does in this cycle."""

    counts: Mapping[str, Count]
    """Those that say something new: to be recorded."""
    actions: tuple[BeginRetirement | TakeOver, ...]
    skips: tuple[Skip, ...]
    next_check: timedelta


def plan_cycle(table: RoutingTable, observed: Observed, now: datetime, timings: Timings) -> CyclePlan:
    """Decide what to do with the superseded lines of an application, and with holders that died."""
    noted = _note_counts(table, observed)
    judged = [judge_line(noted, line, now, timings) for line in _superseded(noted)]
    buried = [_judge_holder(table.lines[name], now) for name in observed.dead_holders if name in table.lines]
    decisions = [*judged, *(decision for decision in buried if decision is not None)]
    skips = tuple(decision for decision in decisions if isinstance(decision, Skip))
    return CyclePlan(
        counts={name: observed.counts[name] for name, line in noted.lines.items() if line is not table.lines[name]},
        actions=tuple(decision for decision in decisions if not isinstance(decision, Skip)),
        skips=skips,
        next_check=_next_check(skips, now, timings),
    )


def judge_line(table: RoutingTable, line: Line, now: datetime, timings: Timings) -> BeginRetirement | Skip:
    """Decide about a superseded line whose latest count is noted."""
    if obstacle := _find_obstacle(table, line) or _find_work(line):
        return Skip(line.name, obstacle)
    if line.drain_requested:
        return BeginRetirement(line.name, line.generation)
    if waits := [wait for wait in _waits(table, line, timings) if wait[0] > now]:
        until, reason = max(waits)
        return Skip(line.name, f"{reason}, until {until:%Y-%m-%d %H:%M:%S} UTC", until)
    if line.name in _kept_newest(table):
        return Skip(line.name, f"one of the {table.policy.keep_last} newest superseded lines, which policy keeps")
    return BeginRetirement(line.name, line.generation)


def _find_obstacle(table: RoutingTable, line: Line) -> str:
    if line.keep is not None:
        return f"kept: {line.keep}"
    if line.holder is not None:
        return f"a deploy is under way: {line.holder}"
    if table.ramp is not None and table.ramp.line == line.name:
        return f"it takes {table.ramp.percent} % of the unversioned starts"
    return ""


def _find_work(line: Line) -> str:
    count = line.last_count
    if count is None:
        return "not counted yet"
    if count.unfinished is None:
        return f"the app did not answer the count: {count.reason or 'no reason given'}"
    if count.unfinished:
        return f"{count.unfinished} unfinished {'instance' if count.unfinished == 1 else 'instances'}"
    return "" if line.quiet_since else "not counted yet since it is back in service"


def _waits(table: RoutingTable, line: Line, timings: Timings) -> Iterable[tuple[datetime, str]]:
    """List the delays, which run in parallel: quiet period, sunset delay, and the trial of a line never current."""
    if line.quiet_since is not None:
        yield line.quiet_since + timings.quiet_for, f"quiet since {line.quiet_since:%H:%M:%S}"
    if line.superseded_at is not None:
        yield line.superseded_at + table.policy.sunset_delay, "policy delays its sunset"
        if line.promoted_at is None:
            yield line.superseded_at + table.policy.trial_period, "it never was current and has its trial period"


def _kept_newest(table: RoutingTable) -> set[str]:
    if table.policy.keep_last == 0:
        return set()
    ordinary = [line.name for line in _superseded(table) if not is_prerelease_line(line.name)]
    return set(sorted(ordinary, key=line_order)[-table.policy.keep_last :])


def _judge_holder(line: Line, now: datetime) -> TakeOver | Skip | None:
    if line.holder is None or line.held_since is None:
        return None
    sure_at = line.held_since + DEATH_IS_SURE_AFTER
    if now < sure_at:
        return Skip(line.name, f"its holder {line.holder} is not found (yet)", sure_at)
    release = worked_on_by(line, line.holder)
    return TakeOver(line.name, line.holder, release.version if release else None)


def _next_check(skips: Iterable[Skip], now: datetime, timings: Timings) -> timedelta:
    ends = [skip.until - now for skip in skips if skip.until is not None]
    return max(SOONEST, min([timings.monitor_interval, *ends]))


def _note_counts(table: RoutingTable, observed: Observed) -> RoutingTable:
    counted = [line for line in _superseded(table) if line.name in observed.counts]
    return put_line(table, *(note_count(line, observed.counts[line.name]) for line in counted))


def _superseded(table: RoutingTable) -> list[Line]:
    return [line for line in table.lines.values() if is_superseded(table, line)]
