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
    if world.nature.by_json:
        world.nature.reached["everything goes through JSON"] += 1
    began, events, violation = world.nature.now, 0, None
    if traced:
        _introduce(world, f"{seed}: {profile.name}, beginning with {beginning!r}")
    try:
        with tables_in_hand(), tombstones_kept(profile.tombstones):
            events = _live_through(world, profile, beginning)
    except ViolationError as error:
        violation = str(error)
    # Boundary: whatever production code raises in a run is a finding, and its seed has to be told.
    except Exception as error:
        violation = f"{type(error).__name__}: {error}"
    if traced and violation is not None:
        world.nature.trace.tell("BROKEN", violation)
    trace = tuple(world.nature.trace.lines)
    return Verdict(seed, profile.name, violation, events, world.nature.now - began, world.nature.reached, trace)


def _introduce(world: World, what: str) -> None:
    """Say in what climate a run takes place; only what may go wrong."""
    odds = ", ".join(f"{fault} {probability:.2f}" for fault, probability in world.nature.odds.items())
    world.nature.trace.tell("seed", what)
    world.nature.trace.tell("faults", odds or "none")


def _live_through(world: World, profile: Profile, beginning: str) -> int:
    nature, clock = world.nature, world.nature.clock
    length = 40.0 + 110.0 * nature.draw.random()
    for router in world.routers:
        router.traffic = profile.traffic
    write_script(world, profile, beginning, length)
    events = clock.run(nature.now + length)
    nature.calm_down()
    if nature.trace.on:
        nature.trace.tell("world", "no more faults from here on")
    end = nature.now + LONGEST_SETTLING
    # Whenever the monitor rests is a good moment to look whether all is settled.
    world.hub.on_rest = clock.halt
    while (pending := world.unsettled()) and nature.now < end:
        events += clock.run(end)
    if pending:
        raise ViolationError(f"not settled after {nature.now - end + LONGEST_SETTLING:.0f} calm seconds: {pending}")
    world.checks.close_the_books()
    return events
