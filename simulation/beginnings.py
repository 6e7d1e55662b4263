"""The states in which runs begin: made once by the same router in a calm world, then copied for each run."""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from random import Random
from types import MappingProxyType

from simulation.cloud import App
from simulation.faults import Faults
from simulation.ledger import Accepted, Run
from simulation.shortcuts import tables_in_hand
from simulation.world import World
from version_registry.model import LineStatus, RoutingTable

_FIRST_NUMBER = 100
"""So that no start of a run has the id of one before it."""
_POLICY = {"policy": {"trial_period": 20.0}}


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run finds: nothing in it is ever changed."""

    now: float
    table: RoutingTable | None
    apps: tuple[App, ...]
    archive: Mapping[str, float]
    accepted: Mapping[str, Accepted]
    runs: Mapping[str, tuple[Run, ...]]

    def open(self, random: Random, faults: Faults, *, traced: bool) -> World:
        """Make a world of its own that begins here."""
        world = World(random, start=self.now, table=self.table, faults=faults, traced=traced)
        world.cloud.apps.update((app.name, app.copy()) for app in self.apps)
        world.cloud.archive.update(self.archive)
        world.ledger.accepted.update((key, copy(accepted)) for key, accepted in self.accepted.items())
        world.ledger.runs.update((key, list(runs)) for key, runs in self.runs.items())
        world.clients.numbers = _FIRST_NUMBER
        return world


def _nothing(_: World) -> None:
    """No application is known."""


def _alone(world: World) -> None:
    """One line, current, with two instances that have ended."""
    _release(world, "1.0.0")
    world.people.steer("set_policy", _POLICY)
    for _ in range(2):
        world.clients.start(None)
    _calm_down(world)


def _superseded(world: World) -> None:
    """Line 1.0 is superseded and empty, and has just been seen to be."""
    _alone(world)
    _release(world, "1.1.0")
    _run_until(world, lambda: _line_is_quiet(world, "1.0"))


def _both_superseded(world: World) -> None:
    """Two superseded lines, both quiet, behind a third."""
    _alone(world)
    # Each until the other one is quiet too.
    _keep(world, "1.0", "the beginning is being made")
    _release(world, "1.1.0")
    _keep(world, "1.1", "the beginning is being made")
    _release(world, "1.2.0")
    _run_until(world, lambda: _line_is_quiet(world, "1.0") and _line_is_quiet(world, "1.1"))
    _keep(world, "1.0", None)
    _keep(world, "1.1", None)


def _retired(world: World) -> None:
    """Line 1.0 is retired."""
    _superseded(world)
    _run_until(world, lambda: _status(world, "1.0") is LineStatus.RETIRED)


def _long_retired(world: World) -> None:
    """Line 1.0 is retired, and nobody would roll back to it any more; line 1.1 is superseded and quiet."""
    _retired(world)
    _release(world, "1.2.0")
    _run_until(world, lambda: _line_is_quiet(world, "1.1"))


def _on_demand(world: World) -> None:
    """Line 0.9 is registered and has no app; line 1.0 is current."""
    _alone(world)
    world.people.release("0.9.0", deploys=False)
    _calm_down(world)


_RECIPES: Mapping[str, Callable[[World], None]] = MappingProxyType(
    {
        "nothing": _nothing,
        "alone": _alone,
        "superseded": _superseded,
        "both superseded": _both_superseded,
        "retired": _retired,
        "long retired": _long_retired,
        "on demand": _on_demand,
    }
)


@cache
def begin(name: str) -> Beginning:
    """Give a beginning by its name."""
    world = World(Random(1))
    if name != "nothing":
        world.people.ensure_monitor()
    with tables_in_hand():
        _RECIPES[name](world)
    return Beginning(
        now=world.nature.now,
        table=world.table.table,
        apps=tuple(world.cloud.apps.values()),
        archive=MappingProxyType(world.cloud.archive),
        accepted=MappingProxyType(world.ledger.accepted),
        runs=MappingProxyType({key: tuple(runs) for key, runs in world.ledger.runs.items()}),
    )


def _release(world: World, version: str) -> None:
    world.people.release(version)
    _calm_down(world)


def _keep(world: World, line: str, reason: str | None) -> None:
    world.people.steer("keep", {"line": line, "reason": reason})
    world.nature.clock.run(world.nature.now + 1.0)


def _calm_down(world: World) -> None:
    """Run until nobody but the monitor does anything."""
    world.nature.clock.run(world.nature.now + 10.0)
    _run_until(world, lambda: all(not saga.alive or saga.kind == "monitor" for saga in world.hub.sagas.values()))


def _run_until(world: World, reached: Callable[[], bool]) -> None:
    is_reached = world.nature.clock.run_until(reached, at_most=world.nature.now + 1000.0)
    assert is_reached, "a beginning does not come about in a calm world"


def _line_is_quiet(world: World, name: str) -> bool:
    table = world.table.table
    return table is not None and table.lines[name].quiet_since is not None


def _status(world: World, name: str) -> LineStatus | None:
    table = world.table.table
    return table.lines[name].status if table else None
