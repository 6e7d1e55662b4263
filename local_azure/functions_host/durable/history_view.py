"""A history as the Durable HTTP API shows it: what was scheduled is told with how it ended."""

from collections.abc import Sequence
from typing import Any

from local_azure.functions_host.durable import codec, history
from local_azure.functions_host.durable.history import Event

_HIDDEN = (history.ORCHESTRATOR_STARTED, history.ORCHESTRATOR_COMPLETED)
_SCHEDULING = (history.TASK_SCHEDULED, history.SUB_CREATED, history.TIMER_CREATED)
_ENDED_ID_KEY = {
    history.TASK_COMPLETED: "TaskScheduledId",
    history.TASK_FAILED: "TaskScheduledId",
    history.SUB_COMPLETED: "TaskScheduledId",
    history.SUB_FAILED: "TaskScheduledId",
    history.TIMER_FIRED: "TimerId",
}
_INTERNAL_KEYS = frozenset(
    {
        "EventType",
        "EventId",
        "IsPlayed",
        "TaskScheduledId",
        "TimerId",
        "Version",
        "Tags",
        "ParentInstance",
        "OrchestrationInstance",
        "Correlation",
    }
)


def history_events(events: Sequence[Event], *, show_input: bool, show_output: bool) -> list[dict[str, Any]]:
    """Return the events to show, in order."""
    scheduled: dict[int, Event] = {}
    shown: list[dict[str, Any]] = []
    for event in events:
        kind = event["EventType"]
        if kind in _SCHEDULING:
            scheduled[event["EventId"]] = event
        elif kind not in _HIDDEN:
            shown.append(_shown(event, scheduled, show_input=show_input, show_output=show_output))
    return shown


def _shown(event: Event, scheduled: dict[int, Event], *, show_input: bool, show_output: bool) -> dict[str, Any]:
    kind = event["EventType"]
    view: dict[str, Any] = {"EventType": history.KIND_NAMES.get(kind, str(kind))}
    view |= {key: value for key, value in event.items() if key not in _INTERNAL_KEYS}
    origin = scheduled.pop(event[_ENDED_ID_KEY[kind]], None) if kind in _ENDED_ID_KEY else None
    if origin is not None:
        view["ScheduledTime"] = origin["Timestamp"]
        if "Name" in origin:
            view["FunctionName"] = origin["Name"]
            view["Input"] = origin.get("Input")
    if kind == history.EXECUTION_STARTED:
        view["FunctionName"] = view.pop("Name")
    return _with_payloads(view, show_input=show_input, show_output=show_output)


def _with_payloads(view: dict[str, Any], *, show_input: bool, show_output: bool) -> dict[str, Any]:
    for key, is_shown in (("Input", show_input), ("Result", show_output)):
        if key in view:
            value = view.pop(key)
            if is_shown:
                view[key] = _parsed(value)
    return view


def _parsed(text: Any) -> Any:
    """Return JSON text as the value it is; other text as it stands."""
    if not isinstance(text, str):
        return text
    return codec.fragment(text) if codec.is_json(text) else text
