"""History events in the shape the 1.x SDK reads: plain JSON objects, stored and sent as they are."""

from typing import Any, Final

from local_azure.functions_host.durable import codec

Event = dict[str, Any]

EXECUTION_STARTED: Final = 0
EXECUTION_COMPLETED: Final = 1
EXECUTION_TERMINATED: Final = 3
TASK_SCHEDULED: Final = 4
TASK_COMPLETED: Final = 5
TASK_FAILED: Final = 6
SUB_CREATED: Final = 7
SUB_COMPLETED: Final = 8
SUB_FAILED: Final = 9
TIMER_CREATED: Final = 10
TIMER_FIRED: Final = 11
ORCHESTRATOR_STARTED: Final = 12
ORCHESTRATOR_COMPLETED: Final = 13
EVENT_SENT: Final = 14
EVENT_RAISED: Final = 15
GENERIC_EVENT: Final = 17
EXECUTION_SUSPENDED: Final = 19
EXECUTION_RESUMED: Final = 20

KIND_NAMES: Final = {
    EXECUTION_STARTED: "ExecutionStarted",
    EXECUTION_COMPLETED: "ExecutionCompleted",
    EXECUTION_TERMINATED: "ExecutionTerminated",
    TASK_SCHEDULED: "TaskScheduled",
    TASK_COMPLETED: "TaskCompleted",
    TASK_FAILED: "TaskFailed",
    SUB_CREATED: "SubOrchestrationInstanceCreated",
    SUB_COMPLETED: "SubOrchestrationInstanceCompleted",
    SUB_FAILED: "SubOrchestrationInstanceFailed",
    TIMER_CREATED: "TimerCreated",
    TIMER_FIRED: "TimerFired",
    ORCHESTRATOR_STARTED: "OrchestratorStarted",
    ORCHESTRATOR_COMPLETED: "OrchestratorCompleted",
    EVENT_SENT: "EventSent",
    EVENT_RAISED: "EventRaised",
    GENERIC_EVENT: "GenericEvent",
    EXECUTION_SUSPENDED: "ExecutionSuspended",
    EXECUTION_RESUMED: "ExecutionResumed",
}

NO_TASK: Final = -1
"""The EventId of every event that schedules nothing."""


def _event(kind: int, at: str, event_id: int = NO_TASK, **fields: Any) -> Event:
    return {"EventType": kind, "EventId": event_id, "IsPlayed": False, "Timestamp": at, **fields}


def orchestrator_started(at: str) -> Event:
    """Open a turn."""
    return _event(ORCHESTRATOR_STARTED, at)


def orchestrator_completed(at: str) -> Event:
    """Close a turn."""
    return _event(ORCHESTRATOR_COMPLETED, at)


def task_scheduled(task_id: int, name: str, input_text: str, at: str) -> Event:
    """Record that an activity was scheduled; `input_text` is the JSON array of its one input."""
    return _event(TASK_SCHEDULED, at, task_id, Name=name, Version="", Input=input_text)


def task_completed(task_id: int, result: str | None, at: str) -> Event:
    """Record what an activity gave."""
    return _event(TASK_COMPLETED, at, TaskScheduledId=task_id, Result=result)


def task_failed(task_id: int, reason: str, details: str, at: str) -> Event:
    """Record why an activity failed."""
    return _event(TASK_FAILED, at, TaskScheduledId=task_id, Reason=reason, Details=details, FailureDetails=None)


def sub_created(
    task_id: int, name: str, version: str | None, instance_id: str, input_text: str | None, at: str
) -> Event:
    """Record that a sub-orchestration was started."""
    return _event(SUB_CREATED, at, task_id, Name=name, Version=version, InstanceId=instance_id, Input=input_text)


def sub_completed(task_id: int, result: str | None, at: str) -> Event:
    """Record what a sub-orchestration gave."""
    return _event(SUB_COMPLETED, at, TaskScheduledId=task_id, Result=result)


def sub_failed(task_id: int, reason: str, at: str) -> Event:
    """Record why a sub-orchestration failed."""
    return _event(SUB_FAILED, at, TaskScheduledId=task_id, Reason=reason, Details="", FailureDetails=None)


def timer_created(task_id: int, fire_at: str, at: str) -> Event:
    """Record a timer."""
    return _event(TIMER_CREATED, at, task_id, FireAt=fire_at)


def timer_fired(task_id: int, fire_at: str) -> Event:
    """Record that a timer is due."""
    return _event(TIMER_FIRED, fire_at, TimerId=task_id, FireAt=fire_at)


def event_sent(task_id: int, target: str, name: str, input_text: str, at: str) -> Event:
    """Record a message to an entity."""
    return _event(EVENT_SENT, at, task_id, InstanceId=target, Name=name, Input=input_text)


def event_raised(name: str, input_text: str | None, at: str) -> Event:
    """Record an external event, or an entity's response (named by the request's id)."""
    return _event(EVENT_RAISED, at, Name=name, Input=input_text)


def execution_completed(status: str, result: str | None, at: str) -> Event:
    """Record the end of the execution."""
    return _event(EXECUTION_COMPLETED, at, OrchestrationStatus=status, Result=result, FailureDetails=None)


def execution_terminated(reason: str | None, at: str) -> Event:
    """Ask the execution to end now."""
    return _event(EXECUTION_TERMINATED, at, Input=reason)


def execution_suspended(reason: str | None, at: str) -> Event:
    """Ask the execution to pause."""
    return _event(EXECUTION_SUSPENDED, at, Reason=reason)


def execution_resumed(reason: str | None, at: str) -> Event:
    """Ask the execution to go on."""
    return _event(EXECUTION_RESUMED, at, Reason=reason)


def rewound(reason: str | None, at: str) -> Event:
    """Mark where a failed execution was taken up again."""
    return _event(GENERIC_EVENT, at, Data=f"Rewind: {reason or ''}")


def is_result(event: Event) -> bool:
    """Tell whether the event does no more than end something that an orchestrator waits for, with success."""
    kind = event.get("EventType")
    if kind == EVENT_RAISED:
        # An entity's answer is named by its request's id. Whatever else reads so costs a late or an early turn.
        name = event["Name"]
        return len(name) == _REQUEST_ID_LENGTH and '"exceptionType"' not in (event["Input"] or "")
    return kind in _RESULTS


_RESULTS = (TASK_COMPLETED, SUB_COMPLETED)
_REQUEST_ID_LENGTH = 36


def played(events: list[Event]) -> list[Event]:
    """Return the events as later turns must see them."""
    return [{**event, "IsPlayed": True} for event in events]


def array_items(events: list[Event]) -> str:
    """Return the events as JSON without the brackets, so that stored pieces join to one array."""
    return codec.dumps(events)[1:-1]
