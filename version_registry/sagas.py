"""The shape of the router's long-running work: pure planners that a generic orchestration drives.

A saga is a planner `next_step(state, outcome, now, timings) -> Next`. The orchestration in the shell knows no saga: it
runs the planner in an activity, does what the step says, and hands the outcome to the planner again. So every decision
stands in history as data, and new router code never breaks the replay of a running one. State, outcomes and steps are
JSON objects.

Without an outcome (at the start, and after Renew) a planner issues the step that its state names once more. So a saga
goes on from any state that was ever kept, and doing a step again must do no harm.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from version_registry.model import Timings

Json = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Do something to the world outside the table, idempotently. Its outcome: see router_app/effects."""

    name: str
    args: Json


@dataclass(frozen=True, slots=True)
class TableOperation:
    """Ask the routing table's entity for a change. Its outcome: see transitions.py."""

    operation: str
    args: Json


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait on a durable timer. Its outcome is empty."""

    seconds: float


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait for a wake-up by name, or at most so long. Its outcome: `{"woken": bool}`."""

    event: str
    at_most_seconds: float


@dataclass(frozen=True, slots=True)
class Renew:
    """Continue as new with the state; eternal sagas do so each cycle to keep their history short."""


@dataclass(frozen=True, slots=True)
class Finish:
    """End the saga with an output; `failed` makes the orchestration end as Failed with the output's `message`."""

    output: Json
    failed: bool = False


Step = Effect | TableOperation | Sleep | WaitFor | Renew | Finish


@dataclass(frozen=True, slots=True)
class Next:
    """What to do now, the state to remember, and a line for people who watch."""

    step: Step
    state: Json
    progress: str = ""


Planner = Callable[[Json, Json | None, datetime, Timings], Next]
"""`(state, outcome of the last step or None at the start and after Renew, now, timings) -> Next`."""
