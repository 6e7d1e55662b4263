"""The planner of `deliver_start`: an accepted start waits for its line's app and is forwarded to it, once.

State: application, operation (its own instance id), the start; `deadline` and `requested_at` from the first turn on.
"""

from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from version_registry.codec import decode_time, encode_time
from version_registry.model import Timings
from version_registry.rollout import new_deploy
from version_registry.sagas import Effect, Json, Next, TableOperation
from version_registry.stages import (
    DONE,
    PAUSE,
    Broken,
    Done,
    Later,
    Moment,
    Stage,
    back_off,
    drive,
    finish,
    go_to,
    pause,
    read_effect,
    wait_for_line,
)

_FORWARDED = ("application", "line", "name", "instance_id", "input", "headers", "requested_at")


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A start that was accepted before there was an app to take it."""

    line: str
    name: str
    instance_id: str
    """The public id, with its line."""
    input: Any = None
    headers: Json = field(default_factory=dict)


def new_start(application: str, start: StartRequest, *, operation: str) -> Json:
    """Make the first state."""
    return {
        "application": application,
        "operation": operation,
        "line": start.line,
        "name": start.name,
        "instance_id": start.instance_id,
        "input": start.input,
        "headers": dict(start.headers),
        "tries": 0,
        "step": "ask",
    }


def deliver_start(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step of a delivery."""
    if "deadline" not in state:
        times = {"requested_at": encode_time(now), "deadline": encode_time(now + timings.start_deadline)}
        state = {**state, **times}
    return drive(_STAGES, state, outcome, Moment(now, timings))


def _ask(state: Json, _: Moment) -> TableOperation:
    return TableOperation("request_start", {"line": state["line"], "operation": state["operation"]})


def _read_ask(state: Json, outcome: Json, moment: Moment) -> Json:
    if not outcome["granted"] or outcome["action"] == "reject":
        return _give_up(state, outcome["reason"])
    if outcome["action"] == "forward":
        return go_to(state, "forward", app=outcome["app"], line_generation=outcome["line_generation"])
    if moment.now >= decode_time(state["deadline"]):
        return _too_late(state, moment, outcome.get("reason", "its app did not get ready"))
    if outcome["action"] == "deploy":
        return go_to(state, "deploy", version=outcome["version"], deploy=outcome["operation"])
    return go_to(state, "wait", reason=outcome["reason"])


def _deploy(state: Json, _: Moment) -> Effect:
    first = new_deploy(state["application"], state["version"], operation=state["deploy"])
    return Effect("start_saga", {"kind": "deploy_release", "id": state["deploy"], "state": first})


def _read_deploy(state: Json, _outcome: Json, _: Moment) -> Json:
    # Started or not: whoever makes the app wakes this, and in a minute the table is asked again.
    return go_to(state, "wait", reason=f"release {state['version']} is being deployed")


def _forward(state: Json, _: Moment) -> Effect:
    sent = {name: state[name] for name in _FORWARDED}
    return Effect("forward_start", {**sent, "line_generation": state["line_generation"], "app": state["app"]})


def _read_forward(state: Json, outcome: Json, moment: Moment) -> Json:
    match read_effect(outcome):
        case Done(values):
            existed = values.get("existed", False)
            return finish(state, accepted=True, existed=existed, instance_id=state["instance_id"], line=state["line"])
        case Broken(_, reason):
            return _give_up(state, reason)
        case Later(reason, seconds):
            if moment.now >= decode_time(state["deadline"]):
                return _too_late(state, moment, reason)
            tries = state["tries"] + 1
            # Back to the table, not to the app: the line may have moved.
            wait = max(seconds, back_off(tries, first=0.5, most=30))
            return pause({**state, "tries": tries, "reason": reason}, wait, "ask")


def _too_late(state: Json, moment: Moment, reason: str) -> Json:
    allowed = f"{moment.timings.start_deadline.total_seconds() / 60:g} minutes"
    return _give_up(state, f"not delivered within {allowed}: {reason}")


def _give_up(state: Json, reason: str) -> Json:
    message = f"the start {state['instance_id']} could not be delivered: {reason}"
    return finish(state, failed=True, message=message, accepted=False, instance_id=state["instance_id"])


_STAGES = MappingProxyType(
    {
        "ask": Stage(_ask, _read_ask, "asking for line {line}"),
        "deploy": Stage(_deploy, _read_deploy, "having {version} deployed"),
        "wait": wait_for_line("ask", "{reason}"),
        "forward": Stage(_forward, _read_forward, "forwarding to line {line}"),
        "pause": PAUSE,
        "done": DONE,
    }
)
