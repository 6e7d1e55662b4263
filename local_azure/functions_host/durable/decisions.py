"""What a turn decides: new work by task id, and how the execution ends, if it does."""

from dataclasses import dataclass

from local_azure.functions_host.durable.history import Event

HTTP_ACTIVITY = "BuiltIn::HttpActivity"
"""The activity that the host itself runs for `call_http`."""


@dataclass(frozen=True, slots=True)
class ScheduleActivity:
    """Run an activity with this trigger text."""

    id: int
    name: str
    input: str | None


@dataclass(frozen=True, slots=True)
class CreateTimer:
    """Wake the orchestration at a moment."""

    id: int
    fire_at: str


@dataclass(frozen=True, slots=True)
class CreateSubOrchestration:
    """Start a child; without an id of its own it gets one made of the parent's execution and the task id."""

    id: int
    name: str
    input: str | None
    """JSON text."""
    instance_id: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Send an operation to an entity."""

    id: int
    target: str
    name: str
    input: str
    """JSON text of the entity request."""


Decision = ScheduleActivity | CreateTimer | CreateSubOrchestration | SendEvent


@dataclass(frozen=True, slots=True)
class Complete:
    """The orchestrator returned."""

    output: str | None


@dataclass(frozen=True, slots=True)
class Fail:
    """The orchestrator let an exception out, or the engine gave it up."""

    reason: str


@dataclass(frozen=True, slots=True)
class ContinueAsNew:
    """Start over with a new input; events that came after the decision go along."""

    input: str | None
    carried: tuple[Event, ...] = ()


Completion = Complete | Fail | ContinueAsNew


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """What the orchestrator's answer comes to, given its history."""

    decisions: tuple[Decision, ...] = ()
    completion: Completion | None = None
    """None while the execution waits."""
    custom_status: str | None = None
    """JSON text; None keeps what was."""
    awaits: int = 1
    """How many results have to come, at least, before the orchestrator can go on; failures and timers not counted."""
