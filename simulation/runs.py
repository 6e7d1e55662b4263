"""One run: a seed decides everything in it, so the same seed is the same run, on any machine, with or without trace."""

from random import Random

from simulation.beginnings import begin
from simulation.faults import NO_FAULTS
from simulation.profiles import Profile, choose_profile
from simulation.scripts import write_script
from simulation.shortcuts import tables_in_hand
from simulation.tombstoning import tombstones_kept
from simulation.verdicts import Verdict, ViolationError
from simulation.world import World

LONGEST_SETTLING = 4 * 3600.0
"""Virtual seconds after the last fault within which everything must have come to rest."""
_BY_JSON = 128
"""One run in so many takes all that is persisted through JSON and the codec."""


def run(seed: int, *, traced: bool = False) -> Verdict:
    """Run one seed."""
    random = Random(seed)
    profile = choose_profile(random)
    beginning = random.choice(profile.beginnings)
    faults = profile.choose_faults(random)
    world = begin(beginning).open(random, faults, traced=traced)
    world.nature.timings = random.choice(profile.timings)
    world.checks.calm = faults == NO_FAULTS
    world.nature.by_json = seed % _BY_JSON == 0
    began, events, violation = world.nature.now, 0, None
    if traced:
        world.nature.trace.tell("seed", f"{seed}: {profile.name}, from {beginning!r}; {faults}")
    try:
        with tables_in_hand(), tombstones_kept(profile.tombstones):
            events = _live_through(world, profile, beginning)
    except ViolationError as error:
        violation = str(error)
    # Boundary: whatever production code raises in a run is a finding, and its seed has to be told.
    except Exception as error:
        violation = f"{type(error).__name__}: {error}"
    trace = tuple(world.nature.trace.lines)
    return Verdict(seed, profile.name, violation, events, world.nature.now - began, world.nature.reached, trace)


def _live_through(world: World, profile: Profile, beginning: str) -> int:
    nature, clock = world.nature, world.nature.clock
    length = 40.0 + 110.0 * nature.draw.random()
    for router in world.routers:
        router.traffic = profile.traffic
    write_script(world, profile, beginning, length)
    events = clock.run(nature.now + length, lambda: False)
    nature.faults = NO_FAULTS
    if nature.trace.on:
        nature.trace.tell("world", "no more faults from here on")
    end = nature.now + LONGEST_SETTLING
    rested = _Rest(world)
    while (pending := world.unsettled()) and nature.now < end and rested.more():
        events += clock.run(end, rested)
    if pending:
        raise ViolationError(f"not settled after {nature.now - end + LONGEST_SETTLING:.0f} calm seconds: {pending}")
    world.checks.close_the_books()
    return events


class _Rest:
    """Stops the clock whenever the monitor rests: a good moment to look whether all is settled."""

    def __init__(self, world: World) -> None:
        self._is_resting = False
        world.hub.on_rest = self._note

    def _note(self, _: object) -> None:
        self._is_resting = True

    def more(self) -> bool:
        """Go on until the next rest."""
        self._is_resting = False
        return True

    def __call__(self) -> bool:
        return self._is_resting
