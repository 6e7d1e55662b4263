"""The planner of `deliver_start`: an accepted start waits for its line's app and is forwarded to it, once.

State: application, operation (its own instance id), the start; `deadline` and `requested_at` from the first turn on;
`sent` once it may have reached an app: then nothing but a look can tell that it was not taken.
"""

from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from version_registry.codec import decode_time, encode_time
from version_registry.model import Timings
from version_registry.recalling import RECALL_STAGES, recall
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
_LOOKED_FOR = ("application", "line", "instance_id", "requested_at")
_LOOKS = 20
"""So many looks for a start may fail; with the back-off about half a day."""


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
    if outcome.get("code") == "archived":
        return recall(state, "ask")
    if not outcome["granted"] or outcome["action"] == "reject":
        return _give_up(state, outcome["reason"], moment)
    if outcome["action"] == "forward":
        return go_to(state, "forward", app=outcome["app"], line_generation=outcome["line_generation"], sent=True)
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
            return _delivered(state, existed=values.get("existed", False))
        case Broken(_, reason):
            # The effect has looked before it sent, so only an earlier try can have been taken.
            return _give_up(state, reason, moment) if state["tries"] else _fail(state, reason)
        case Later(reason, seconds):
            if moment.now >= decode_time(state["deadline"]):
                return _too_late(state, moment, reason)
            tries = state["tries"] + 1
            # Back to the table, not to the app: the line may have moved.
            wait = max(seconds, back_off(tries, first=0.5, most=30))
            return pause({**state, "tries": tries, "reason": reason}, wait, "ask")


def _look(state: Json, _: Moment) -> Effect:
    return Effect("find_start", {name: state[name] for name in _LOOKED_FOR})


def _read_look(state: Json, outcome: Json, _: Moment) -> Json:
    match read_effect(outcome):
        case Done(values):
            return _delivered(state, existed=True) if values["found"] else _fail(state, state["reason"])
        case Broken(_, reason) | Later(reason):
            tries = state["tries"] + 1
            if tries >= _LOOKS:
                return _fail(state, f"{state['reason']}; whether an app has taken it could not be found out: {reason}")
            return pause({**state, "tries": tries}, back_off(tries, first=5, most=3600), "look")


def _delivered(state: Json, *, existed: bool) -> Json:
    return finish(state, accepted=True, existed=existed, instance_id=state["instance_id"], line=state["line"])


def _too_late(state: Json, moment: Moment, reason: str) -> Json:
    allowed = f"{moment.timings.start_deadline.total_seconds() / 60:g} minutes"
    return _give_up(state, f"not delivered within {allowed}: {reason}", moment)


def _give_up(state: Json, reason: str, moment: Moment) -> Json:
    if not state.get("sent"):
        return _fail(state, reason)
    # A try whose end is not known may have been taken: when that would be seen, it is looked for.
    timings = moment.timings
    seen_after = timings.forward_deadline + timings.drain_margin + timings.visibility_delay
    return pause({**state, "reason": reason, "tries": 0}, seen_after.total_seconds(), "look")


def _fail(state: Json, reason: str) -> Json:
    message = f"the start {state['instance_id']} could not be delivered: {reason}"
    return finish(state, failed=True, message=message, accepted=False, instance_id=state["instance_id"])


_STAGES = MappingProxyType(
    {
        "ask": Stage(_ask, _read_ask, "asking for line {line}"),
        "deploy": Stage(_deploy, _read_deploy, "having {version} deployed"),
        "wait": wait_for_line("ask", "{reason}"),
        "forward": Stage(_forward, _read_forward, "forwarding to line {line}"),
        "look": Stage(_look, _read_look, "looking whether line {line} has taken it"),
        **RECALL_STAGES,
        "pause": PAUSE,
        "done": DONE,
    }
)
