"""What can go wrong in a run, and how often. Each run has its own mix: some faults often, others never."""

from dataclasses import dataclass

SLACK = 1.5
"""Seconds that a request may be under way after its sender has given up. Less than the drain's margin."""
READ_LAG = 1.0
"""Seconds by which a read of the table may be behind. With SLACK still less than the drain's margin."""
LONGEST_LATE_EFFECT = 40.0
"""Seconds until a call that timed out has taken effect, if ever; less than it takes to be sure of a death."""
LONGEST_REDELIVERY = 300.0
"""Seconds until the hub notices that a worker died, and gives its activity to another."""

LONGEST_INVISIBLE = 20.0
"""Seconds until a saga that has been started can be found."""


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
    delivery_lost: float = 0.0
    """A worker dies while it delivers a waiting start; the delivery is given to another later."""
    hub_slow: float = 0.0
    """A saga that has been started cannot be found for a while."""
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
    request_repeated: float = 0.0
    """A request with an Idempotency-Key reaches two routers, such as by a proxy that repeats it."""
    slow_forward: float = 0.0
    """A request to an app is under way for long, up to beyond its sender's deadline."""
    slow_row: float = 0.0
    """A started instance is visible only after a while, up to the visibility delay."""
    own_work: float = 0.0
    """An app begins work by itself, just while its instances are archived."""
    housekeeping_dies: float = 0.0
    """A round of housekeeping ends between two of its steps."""
    at_the_limit: float = 0.0
    """A delay is just below its limit: protocols break at their limits, not in between."""


NO_FAULTS = Faults()
