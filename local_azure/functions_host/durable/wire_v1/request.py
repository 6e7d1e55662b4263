"""Builds what the 1.x SDK is handed for one orchestrator turn: one JSON object, as text."""

from collections.abc import Sequence

from local_azure.functions_host.durable import codec, history
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import InstanceState

# Schema 2 makes the SDK answer with compound actions. No limit on timers: the store keeps any due time in one row.
_CONSTANTS = (
    '"upperSchemaVersion":1,"upperSchemaVersionNew":2,"maximumShortTimerDuration":null,'
    '"longRunningTimerIntervalDuration":null,"defaultHttpAsyncRequestSleepTimeMillseconds":'
)


def orchestrator_request(
    state: InstanceState, past: Sequence[str], new_events: Sequence[Event], *, sleep_time_ms: int = 30_000
) -> str:
    """Join the stored history and this turn's events to a request.

    `past` holds the committed turns, each as JSON array items. Stored JSON is embedded as text: a replay never pays for
    parsing what only the SDK reads.
    """
    items = ",".join([*past, history.array_items(list(new_events))])
    parent_id = state.parent.instance_id if state.parent else None
    return (
        f'{{"history":[{items}],"input":{state.input or "null"},"instanceId":{codec.dumps(state.id)},'
        f'"isReplaying":{"true" if past else "false"},"parentInstanceId":{codec.dumps(parent_id)},'
        f"{_CONSTANTS}{sleep_time_ms}}}"
    )
