"""What comes from outside in a run: drawn beforehand, except what is provoked by the protocol's own moments."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

from simulation.faults import READ_LAG
from simulation.table import Watcher
from simulation.world import World
from version_registry.drain_plan import DEATH_IS_SURE_AFTER
from version_registry.model import RoutingTable
from version_registry.sagas import Json

_VERSIONS: Mapping[str, tuple[str | None, ...]] = MappingProxyType(
    {
        "nothing": (None, "1.0"),
        "alone": (None, "1.0", "1.0", "1.1"),
        "superseded": (None, "1.0", "1.0", "1.0", "1.1", "latest", "1"),
        "both superseded": (None, "1.0", "1.0", "1.1", "1.1", "~=1.1"),
        "retired": (None, "1.0", "1.0", "1.1"),
        "on demand": (None, "0.9", "0.9", "1.0"),
    }
)
_RELEASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nothing": ("1.0.0", "1.0.1", "1.1.0"),
        "alone": ("1.0.1", "1.1.0", "1.1.0", "2.0.0rc1"),
        "superseded": ("1.0.1", "1.0.0", "1.1.1", "1.2.0"),
        "both superseded": ("1.0.1", "1.1.1", "1.3.0"),
        "retired": ("1.0.0", "1.0.1", "1.2.0"),
        "on demand": ("0.9.0", "0.9.1", "1.1.0"),
    }
)
_PROVOKED = MappingProxyType({"begin_drain": 0.6, "begin_retire": 0.3, "cancel_drain": 0.1, "begin_deploy": 0.1})
"""How often a client names a line at the very moment when this happens to it."""


_PROVOKED_AT_MOST = 2
"""Each such start may end in another drain, and so in another start."""
_KILLED = 0.15
"""How often a retirement is killed just after it has closed its line."""
_KILLED_WHILE_FORWARDS_ARE_LONG = 0.4
"""The same where one that takes over would come before the last forward has arrived."""


def write_script(world: World, beginning: str, random: Random, length: float) -> None:
    """Have things happen from outside, over so many seconds."""
    world.sweeper.begin()
    after, people, clients = world.nature.after, world.people, world.clients
    if beginning == "nothing":
        people.release(random.choice(_RELEASES[beginning]))
    else:
        people.ensure_monitor()
    for _ in range(random.randint(0, 3)):
        version, keyed = random.choice(_VERSIONS[beginning]), random.random() < 0.3
        after(length * random.random(), _start, world, version, keyed)
    if random.random() < 0.35:
        after(length * random.random(), people.release, random.choice(_RELEASES[beginning]))
    if random.random() < 0.2:
        after(length * random.random(), clients.restart)
    mishaps = 0 if world.checks.calm else 2
    for happening, most in ((people.steer_somehow, 2), (_befall(world, random), mishaps)):
        for _ in range(random.randint(0, most)):
            after(length * random.random(), happening)
    world.table.watchers.append(_provoke(world, random))


def _start(world: World, version: str | None, keyed: bool) -> None:
    world.clients.start(version, keyed=keyed)


def _befall(world: World, random: Random) -> Callable[[], None]:
    people = world.people
    happenings = (people.kill_somebody, people.restart_router, people.take_app_away)

    def befall() -> None:
        random.choice(happenings)()

    return befall


def _provoke(world: World, random: Random) -> Watcher:
    """Have clients name a line just when its status changes: where stale snapshots hurt."""
    left = _PROVOKED_AT_MOST

    def watch(_: RoutingTable | None, operation: str, args: Json, outcome: Json) -> None:
        probability = _PROVOKED.get(operation, 0.0)
        nonlocal left
        if not probability or not left or not outcome["granted"] or random.random() >= probability:
            return
        left -= 1
        if operation == "begin_retire":
            world.hub.give_out_lost()
        line: Any = args.get("line") or outcome.get("line")
        is_long = world.nature.timings.forward_deadline > DEATH_IS_SURE_AFTER
        stale = READ_LAG + world.nature.timings.table_ttl.total_seconds()
        # Just before no router can have an old snapshot any more, or just before none can read an old table;
        # a little earlier, because a request takes a moment to its router.
        latest = stale if random.random() < 0.6 else READ_LAG
        at = max(0.0, world.nature.up_to(latest) - 0.35)
        world.nature.after(at, _start, world, line, random.random() < 0.3)
        if world.checks.calm:
            return
        if operation == "begin_drain" and random.random() < (_KILLED_WHILE_FORWARDS_ARE_LONG if is_long else _KILLED):
            world.nature.after(10.0 * random.random(), world.people.kill, args["operation"])
        if random.random() < 0.15:
            world.nature.after(stale * 2 * random.random(), world.people.take_app_away)

    return watch
