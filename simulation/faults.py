"""What can go wrong in a run, and how often. Each run has its own mix: some faults often, others never."""

from dataclasses import dataclass, fields
from datetime import timedelta
from random import Random

from version_registry.model import Timings

SLACK = 1.5
"""Seconds that a request may be under way after its sender has given up. Less than the drain's margin."""
READ_LAG = 1.0
"""Seconds by which a read of the table may be behind. With SLACK still less than the drain's margin."""
LONGEST_LATE_EFFECT = 40.0
"""Seconds until a call that timed out has taken effect, if ever; less than it takes to be sure of a death."""
LONGEST_REDELIVERY = 300.0
"""Seconds until the hub notices that a worker died, and gives its activity to another."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities, each for one opportunity to go wrong."""

    activity_lost: float = 0.0
    """A worker dies before its activity begins, or with it half done; the activity is given to another later."""
    result_lost: float = 0.0
    """A worker dies after its activity is done and before that is recorded: it is done again."""
    replay: float = 0.0
    """A saga's process dies between two turns: the saga is replayed from its history."""
    operation_repeated: float = 0.0
    """An operation on the table arrives twice."""
    slow_message: float = 0.0
    """A message within the hub takes seconds."""
    wake_lost: float = 0.0
    wake_repeated: float = 0.0
    timer_late: float = 0.0
    slow_read: float = 0.0
    """A router's read of the table takes longer than a snapshot may be old."""
    count_unknown: float = 0.0
    """A count of a drain gets no answer."""
    observation_unknown: float = 0.0
    """A count of the monitor gets none."""
    azure_refuses: float = 0.0
    """An Azure call fails, is throttled or meets a lock, without effect."""
    azure_answer_lost: float = 0.0
    """An Azure call takes effect and times out."""
    azure_slow: float = 0.0
    """An Azure call takes up to half a minute."""
    azure_late: float = 0.0
    """An Azure call times out and takes effect later."""
    package_bad: float = 0.0
    answer_lost: float = 0.0
    """A client never gets its answer."""
    slow_forward: float = 0.0
    """A request to an app is under way for long, up to beyond its sender's deadline."""
    slow_row: float = 0.0
    """A started instance is visible only after a while, up to the visibility delay."""

    at_the_limit: float = 0.0
    """A delay is just below its limit: protocols break at their limits, not in between."""


NO_FAULTS = Faults()
_OFTEN = {"slow_forward": 0.6, "slow_row": 0.6, "timer_late": 0.3, "slow_message": 0.3, "replay": 0.3}
_OFTEN |= {"azure_slow": 0.5, "count_unknown": 0.5, "at_the_limit": 0.7}
_USUAL = 0.15
_MOST = {field.name: _OFTEN.get(field.name, _USUAL) for field in fields(Faults)}


def choose_faults(random: Random) -> Faults:
    """Choose the climate of a run: calm, at the limit of every delay, full of dying workers, or any mix of faults."""
    climate = random.random()
    if climate < 0.05:
        return NO_FAULTS
    if climate < 0.35:
        return _slow(random)
    if climate < 0.5:
        return _crashing(random)
    # Each fault is absent from half of the mixes: some bugs need one fault often and another never.
    return Faults(**{name: random.random() * most for name, most in _MOST.items() if random.random() < 0.5})


def _slow(random: Random) -> Faults:
    return Faults(
        slow_forward=0.9,
        slow_row=0.9,
        at_the_limit=0.97,
        slow_message=random.choice((0.0, 0.0, 0.5)),
        slow_read=random.choice((0.0, 0.9)),
        count_unknown=random.choice((0.0, 0.0, 0.9)),
        azure_slow=random.choice((0.0, 0.8)),
    )


def _crashing(random: Random) -> Faults:
    return Faults(
        activity_lost=0.3,
        result_lost=0.2,
        replay=0.2,
        slow_row=random.choice((0.0, 0.9)),
        azure_slow=random.choice((0.0, 0.8)),
        azure_late=random.choice((0.0, 0.3)),
    )


_SECONDS = {
    "table_ttl": 5.0,
    "forward_deadline": 20.0,
    "drain_margin": 4.0,
    "quiet_for": 15.0,
    "visibility_delay": 10.0,
    "monitor_interval": 60.0,
    "gate_deadline": 200.0,
    "start_deadline": 600.0,
}
_LONG_FORWARDS = {"forward_deadline": 80.0}
"""So that the wait after closing is longer than it takes to be sure of a death."""
_IMPATIENT = {"start_deadline": 50.0}
"""So that starts run into their deadline."""


def _timings(**changed: float) -> Timings:
    return Timings(**{name: timedelta(seconds=seconds) for name, seconds in {**_SECONDS, **changed}.items()})


TIMINGS = (_timings(), _timings(), _timings(**_LONG_FORWARDS), _timings(**_IMPATIENT))
"""What runs choose from: short, so that a run has few idle cycles, in proportions like the real ones."""
