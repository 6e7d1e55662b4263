"""What comes from outside in a run: drawn beforehand, except what is provoked by the protocol's own moments."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from simulation.faults import READ_LAG
from simulation.profiles import Profile, Script
from simulation.world import World
from version_registry.model import RoutingTable
from version_registry.sagas import Json

_VERSIONS: Mapping[str, tuple[str | None, ...]] = MappingProxyType(
    {
        "nothing": (None, "1.0"),
        "alone": (None, "1.0", "1.0", "1.1"),
        "superseded": (None, "1.0", "1.0", "1.0", "1.1", "latest", "1"),
        "both superseded": (None, "1.0", "1.0", "1.1", "1.1", "~=1.1"),
        "retired": (None, "1.0", "1.0", "1.1"),
        "long retired": ("1.0", "1.0", "1.0", "1.1", None),
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
        "long retired": ("1.0.0", "1.0.1", "1.1.1", "1.3.0"),
        "on demand": ("0.9.0", "0.9.1", "1.1.0"),
    }
)


def write_script(world: World, profile: Profile, beginning: str, length: float) -> None:
    """Have things happen from outside, over so many seconds."""
    writer = _Writer(world, profile.script, beginning, length)
    world.sweeper.begin()
    if profile.tombstones is not None:
        world.line_archive.begin()
    if beginning == "nothing":
        world.people.release(world.nature.draw.choice(_RELEASES[beginning]))
    else:
        world.people.ensure_monitor()
    writer.write()
    world.table.watchers.append(Provocation(world, profile.script).watch)


class _Writer:
    """Draws what happens when."""

    def __init__(self, world: World, script: Script, beginning: str, length: float) -> None:
        self._world, self._script, self._beginning, self._length = world, script, beginning, length
        self._random = world.nature.draw

    def write(self) -> None:
        """Draw all of it."""
        random, script, people = self._random, self._script, self._world.people
        for _ in range(random.randint(0, script.starts)):
            self._some_time(
                _start, self._world, random.choice(_VERSIONS[self._beginning]), random.random() < script.keyed
            )
        for _ in range(script.releases):
            if random.random() < script.released:
                self._some_time(people.release, random.choice(_RELEASES[self._beginning]))
        if random.random() < script.restarts:
            self._some_time(self._world.clients.restart)
        for _ in range(random.randint(0, script.steering)):
            self._some_time(people.steer_somehow)
        if not self._world.checks.calm:
            self._write_mishaps()
        if script.retired_starts and self._beginning != "nothing":
            people.steer("set_policy", {"policy": {"retired_starts": random.choice(script.retired_starts).value}})

    def _write_mishaps(self) -> None:
        random, people = self._random, self._world.people
        for _ in range(random.randint(0, self._script.mishaps)):
            self._some_time(random.choice((people.kill_somebody, people.restart_router, people.take_app_away)))
        if random.random() < self._script.strangers:
            self._world.cloud.put_strangers()

    def _some_time(self, act: Callable[..., object], *args: Any) -> None:
        self._world.nature.after(self._length * self._random.random(), act, *args)


class Provocation:
    """Has clients name a line just when its status changes, where stale snapshots hurt; and kills who closes it."""

    def __init__(self, world: World, script: Script) -> None:
        self._world, self._script = world, script
        self._left = script.named_at_most

    def watch(self, _: RoutingTable | None, operation: str, args: Json, outcome: Json) -> None:
        """Look at an operation on the table."""
        if not outcome["granted"]:
            return
        draw = self._world.nature.draw
        if operation == "begin_retire":
            self._world.hub.give_out_lost()
        if self._left and draw.random() < self._script.named_at.get(operation, 0.0):
            self._left -= 1
            self._name(None if operation == "ramp" else args.get("line") or outcome.get("line"))
            if not self._world.checks.calm:
                self._harm(operation, args)

    def _name(self, line: Any) -> None:
        """Start an instance just before no router can have an old snapshot any more, or just before none can read one.

        A little earlier, because a request takes a moment to its router.
        """
        nature = self._world.nature
        stale = READ_LAG + nature.timings.table_ttl.total_seconds()
        latest = stale if nature.draw.random() < self._script.named_late else READ_LAG
        at = max(0.0, nature.up_to(latest) - 0.35)
        if nature.draw.random() < self._script.rewound:
            nature.after(at, self._world.clients.rewind, line)
        else:
            nature.after(at, _start, self._world, line, nature.draw.random() < self._script.keyed)

    def _harm(self, operation: str, args: Json) -> None:
        nature, people = self._world.nature, self._world.people
        if operation == "begin_drain" and nature.draw.random() < self._script.killed:
            nature.after(10.0 * nature.draw.random(), people.kill, args["operation"])
        if nature.draw.random() < 0.15:
            nature.after(12.0 * nature.draw.random(), people.take_app_away)


def _start(world: World, version: str | None, keyed: bool) -> None:
    world.clients.start(version, keyed=keyed)
