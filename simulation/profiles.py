"""Profiles of runs: each seed draws one, so that some runs go everywhere and others into one narrow place.

A weakness that needs five things at once is found by chance in one of a million evenly mixed runs, and in one of a
hundred of those in which four of the five are likely (swarm testing).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType

from simulation import climates
from simulation.faults import Faults
from simulation.timings import IMPATIENT, LONG_FORWARDS, PATIENT, USUAL, VERY_IMPATIENT
from version_registry.model import RetiredStarts, Timings

_NAMED_AT: Mapping[str, float] = MappingProxyType(
    {"begin_drain": 0.6, "begin_retire": 0.3, "cancel_drain": 0.1, "begin_deploy": 0.1}
)


@dataclass(frozen=True, slots=True)
class Script:
    """How much of what comes from outside: numbers are the most there may be, fractions are probabilities."""

    starts: int = 3
    keyed: float = 0.3
    """Of the starts, how many carry an Idempotency-Key."""
    releases: int = 1
    released: float = 0.35
    restarts: float = 0.2
    steering: int = 2
    mishaps: int = 2
    named_at: Mapping[str, float] = field(default_factory=lambda: _NAMED_AT)
    """How often a client names a line at the very moment when this happens to it."""
    named_at_most: int = 2
    """Each such start may end in another drain, and so in another start."""
    named_late: float = 0.6
    """Of these starts, how many come when no router can have an old snapshot any more; the others, when a read begins
    to give the new table."""
    killed: float = 0.15
    """How often a retirement is killed just after it has closed its line."""
    rewound: float = 0.15
    """Of these, how many are rewinds of an instance that the line has."""
    retired_starts: tuple[RetiredStarts, ...] = ()
    """A policy for starts of retired lines, set at the beginning."""
    strangers: float = 0.05


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of run."""

    name: str
    weight: int
    """How often, compared with the others."""
    beginnings: tuple[str, ...]
    choose_faults: Callable[[Random], Faults]
    timings: tuple[Timings, ...] = (USUAL, USUAL, LONG_FORWARDS, IMPATIENT)
    script: Script = Script()
    traffic: float = 0.7
    """How often a router that is asked has a snapshot from earlier requests, which are not simulated."""
    tombstones: int | None = None
    """So many stay in the table; None: as many as in production, which no run reaches."""


_NEAR_A_DRAIN = (*["superseded"] * 3, "both superseded")
_ANY = ("nothing", "alone", *["superseded"] * 6, *["both superseded"] * 2, "retired", "retired", "on demand")

PROFILES = (
    Profile("calm", 4, _ANY, climates.calm),
    Profile("anything", 16, _ANY, climates.mixed),
    Profile("at the limit", 13, _NEAR_A_DRAIN, climates.slow),
    Profile("dying workers", 10, _ANY, climates.crashing),
    # A start is answered with a forward, and its worker dies: it is given out again when the line is closing.
    Profile(
        "lost deliveries",
        6,
        ("superseded",),
        climates.losing_deliveries,
        (USUAL,),
        Script(starts=1, keyed=0.0, releases=0, restarts=0.0, steering=0, mishaps=0, killed=0.0),
    ),
    # The wait after closing is longer than it takes to be sure of a death, so whoever takes over comes within it.
    Profile(
        "taking over",
        4,
        ("superseded",),
        climates.slow,
        (LONG_FORWARDS,),
        Script(starts=1, releases=0, steering=0, mishaps=0, named_at={"begin_drain": 1.0}, killed=0.8),
    ),
    # The app answers no count while a start is under way to it.
    Profile(
        "silent apps",
        5,
        _NEAR_A_DRAIN,
        climates.silent,
        (USUAL,),
        Script(starts=2, releases=0, steering=1, mishaps=1, named_at={"begin_drain": 0.9}),
    ),
    # Starts run into their deadline while a try of theirs may have been taken.
    Profile(
        "impatient starts",
        4,
        ("superseded", "retired", "on demand", "on demand"),
        climates.losing_answers,
        (IMPATIENT, VERY_IMPATIENT, VERY_IMPATIENT),
        Script(starts=3, steering=0, mishaps=1, named_at={"begin_drain": 0.9, "begin_deploy": 0.5}),
    ),
    # Clients repeat with a key while what is current changes.
    Profile(
        "repeats",
        5,
        ("alone", "superseded", "retired"),
        climates.losing_answers,
        (USUAL, IMPATIENT),
        Script(starts=4, keyed=1.0, released=0.7, restarts=0.0, mishaps=2, named_at={"activate": 0.7, "promote": 0.7}),
    ),
    Profile(
        "failing releases",
        5,
        ("nothing", "alone", "superseded", "on demand"),
        climates.failing_releases,
        (USUAL,),
        Script(starts=1, releases=3, released=0.8, steering=1, mishaps=1),
    ),
    # Whoever makes an app dies, and the app appears later.
    Profile(
        "left-overs",
        6,
        ("nothing", "alone", "retired", "on demand"),
        climates.leaving_things,
        (USUAL,),
        Script(starts=2, releases=2, released=0.8, mishaps=3, named_at={"begin_deploy": 0.3}, strangers=0.5),
    ),
    # Admins change their minds while lines drain.
    Profile(
        "steering",
        5,
        ("superseded", "both superseded"),
        climates.mixed,
        (USUAL,),
        Script(starts=2, steering=8, mishaps=0, named_at={**_NAMED_AT, "ramp": 1.0}, named_at_most=4),
    ),
    Profile(
        "retired lines",
        6,
        ("long retired", "long retired", "superseded", "retired"),
        climates.mixed,
        (USUAL, IMPATIENT),
        Script(starts=4, released=0.5, retired_starts=(*RetiredStarts, RetiredStarts.RECREATE)),
        tombstones=0,
    ),
    # Lines that are long retired change just while they go to the archive.
    Profile(
        "old tombstones",
        3,
        ("long retired",),
        climates.in_the_post,
        (USUAL,),
        Script(starts=3, releases=4, released=0.8, steering=3, mishaps=0),
        tombstones=0,
    ),
    # A read takes longer than its snapshot may be old, and what is decided on it arrives late.
    Profile(
        "slow reads",
        4,
        ("superseded",),
        climates.reading_slowly,
        (USUAL,),
        Script(
            starts=1, releases=0, restarts=0.0, steering=0, mishaps=0, named_at={"begin_drain": 1.0}, named_late=0.2
        ),
        traffic=0.2,
    ),
    # What was sent to Azure and got no answer takes effect when the next deploy is at work.
    Profile(
        "late publishes",
        3,
        ("nothing", "alone"),
        climates.publishing_late,
        (USUAL,),
        Script(starts=1, releases=4, released=0.8, restarts=0.0, steering=0, mishaps=0),
    ),
    # A deploy takes longer than an orphan is left alone.
    Profile(
        "slow releases",
        3,
        ("nothing", "alone", "on demand"),
        climates.deploying_slowly,
        (PATIENT,),
        Script(starts=2, releases=2, released=0.9, mishaps=1),
    ),
    # An app begins work by itself, such as by a timer of its own, while its line is drained.
    Profile("own work", 3, ("superseded",), climates.working_alone, (USUAL,), Script(starts=1, releases=0)),
)
_WEIGHTS = tuple(profile.weight for profile in PROFILES)


def choose_profile(random: Random) -> Profile:
    """Choose the kind of a run."""
    return random.choices(PROFILES, _WEIGHTS)[0]
