"""What the engine keeps about an instance, and the work it has in hand. Pure data."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local_azure.functions_host.durable import history
from local_azure.functions_host.durable.history import Event


class Status(StrEnum):
    """The runtime statuses, named as the Durable HTTP API names them."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETED = "Completed"
    CONTINUED_AS_NEW = "ContinuedAsNew"
    FAILED = "Failed"
    CANCELED = "Canceled"
    TERMINATED = "Terminated"

    @property
    def finished(self) -> bool:
        """Tell whether the instance takes no more work."""
        return self in _FINISHED


_FINISHED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.TERMINATED})


@dataclass(frozen=True, slots=True)
class ParentLink:
    """Whom a sub-orchestration answers, and under which task id."""

    instance_id: str
    execution_id: str
    name: str
    version: str | None
    task_id: int


@dataclass(frozen=True, slots=True)
class InstanceState:
    """One instance as its last committed turn left it."""

    key: int
    id: str
    execution_id: str
    name: str
    version: str | None
    status: Status
    input: str | None
    """JSON text; an entity's: its scheduler state."""
    output: str | None
    custom_status: str | None
    created_at: str
    updated_at: str
    parent: ParentLink | None = None
    attempts: int = 0
    """How often in a row the present turn lost its worker."""


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the inbox: a history event to be, or an operation for an entity."""

    seq: int
    """Unique and in order of arrival."""
    instance_id: str
    execution_id: str | None
    """The execution it is meant for; None for external events and operations, which any execution takes."""
    event: Event
    due: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityWork:
    """One activity that is to run."""

    seq: int
    instance_id: str
    execution_id: str
    task_id: int
    name: str
    input: str | None
    attempts: int = 0


def is_entity_id(instance_id: str) -> bool:
    """Tell entities from orchestrations: entity ids read `@name@key`."""
    return instance_id.startswith("@")


def start_event(state: InstanceState, start_at: str | None = None) -> Event:
    """Return the event that starts the execution which `state` describes."""
    return {
        "EventType": history.EXECUTION_STARTED,
        "EventId": history.NO_TASK,
        "IsPlayed": False,
        "Timestamp": state.updated_at,
        "Name": state.name,
        "Version": state.version,
        "Input": state.input,
        "Tags": None,
        "ParentInstance": _parent_instance(state.parent),
        "OrchestrationInstance": {"InstanceId": state.id, "ExecutionId": state.execution_id},
        "Correlation": None,
        "ScheduledStartTime": start_at,
    }


def _parent_instance(parent: ParentLink | None) -> dict[str, Any] | None:
    if parent is None:
        return None
    return {
        "OrchestrationInstance": {"InstanceId": parent.instance_id, "ExecutionId": parent.execution_id},
        "Name": parent.name,
        "Version": parent.version,
        "TaskScheduleId": parent.task_id,
    }
