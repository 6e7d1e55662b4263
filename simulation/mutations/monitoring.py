"""Steps of the monitor: when a line is quiet, and what keeps one from being drained."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from unittest.mock import patch

from simulation.mutations.patches import Mutation, Patch
from simulation.people import People
from version_registry import changes, drain_plan, quiet
from version_registry.model import Count, Line, RoutingTable, Timings
from version_registry.operations import deploys, drains, starts, steering


def _wait_for(*beginnings: str) -> list[Patch]:
    """Keep of the delays before a drain only those with a reason that begins so."""

    def waits(table: RoutingTable, line: Line, timings: Timings) -> Iterable[tuple[datetime, str]]:
        return [wait for wait in usual(table, line, timings) if wait[1].startswith(beginnings)]

    usual = drain_plan._waits
    return [patch.object(drain_plan, "_waits", waits)]


def _quiet_period() -> list[Patch]:
    return _wait_for("policy", "it never")


def _delays_of_policy() -> list[Patch]:
    return _wait_for("quiet")


def _newest_lines() -> list[Patch]:
    return [patch.object(drain_plan, "_kept_newest", lambda _: set())]


def _new_quiet_period() -> list[Patch]:
    """A line that is back in service keeps what was known of its quiet."""

    def reopen(line: Line, condition: str = "") -> Line:
        return replace(usual(line, condition), quiet_since=line.quiet_since)

    usual = changes.reopen
    return [patch.object(module, "reopen", reopen) for module in (drains, starts, deploys, steering)]


def _unknown_is_not_quiet() -> list[Patch]:
    def quiet_since(line: Line, count: Count) -> datetime | None:
        return None if count.unfinished else line.quiet_since or count.at

    return [patch.object(quiet, "quiet_since", quiet_since)]


def _obstacles_in_the_plan() -> list[Patch]:
    return [patch.object(drain_plan, "_find_obstacle", lambda *_: "")]


def _ensure_monitors() -> list[Patch]:
    return [patch.object(People, "monitor_again", lambda _: None)]


STEPS: Mapping[str, Mutation] = MappingProxyType(
    {
        "the quiet period": _quiet_period,
        "a new quiet period": _new_quiet_period,
        "unknown is not quiet": _unknown_is_not_quiet,
        "the delays of policy": _delays_of_policy,
        "the newest lines": _newest_lines,
        "the obstacles in the plan": _obstacles_in_the_plan,
        "ensure_monitors": _ensure_monitors,
    }
)
