"""The end of a retirement: the app is deleted, however long it takes, and the line becomes a tombstone."""

from types import MappingProxyType

from version_registry.sagas import Effect, Json, TableOperation
from version_registry.stages import (
    Broken,
    Done,
    Later,
    Moment,
    Stage,
    Stages,
    back_off,
    finish,
    go_to,
    pause,
    read_effect,
    wake_then_finish,
)

_FIRST_WAIT, _LONGEST_WAIT = 10.0, 1800.0
_TRIES_BEFORE_NOTE = 3
"""A hiccup may go by itself; after so many tries people are told."""
_FIRST_LOOK, _LONGEST_LOOK = 2.0, 60.0
_LOOKS_BEFORE_NOTE = 6
"""About a minute: a deletion takes its time."""
_LOCKED = "locked"
"""Goes by itself as well, but not before somebody has been told."""


def _delete_app(state: Json, _: Moment) -> Effect:
    args = {name: state[name] for name in ("application", "line", "app")}
    return Effect("delete_app", {**args, "generation": state["line_generation"], "continuation": state.get("deletion")})


def _read_delete_app(state: Json, outcome: Json, _: Moment) -> Json:
    match read_effect(outcome):
        case Done(values):
            deleted = [*state["deleted"], *(name for name in values["deleted"] if name not in state["deleted"])]
            return go_to(state, "complete", deleted=deleted)
        case Later(reason, seconds, resume, code=code):
            state = {**state, "tries": state["tries"] + 1}
            if resume:
                return _look_again({**state, "deletion": resume.get("continuation")}, reason, seconds)
            wait = max(seconds, back_off(state["tries"], first=_FIRST_WAIT, most=_LONGEST_WAIT))
            return _try_again(state, wait, code if code == _LOCKED else "delete_delayed", reason)
        case Broken(code, reason):
            # Only a person can help, and may do so at any time: it stays on the line, and is looked at now and then.
            again = {**state, "tries": state["tries"] + 1, "deletion": None}
            return _try_again(again, _LONGEST_WAIT, code, reason)


def _look_again(state: Json, reason: str, seconds: float) -> Json:
    """Follow a deletion that goes on."""
    wait = max(seconds, back_off(state["tries"], first=_FIRST_LOOK, most=_LONGEST_LOOK))
    if state["tries"] < _LOOKS_BEFORE_NOTE:
        return pause(state, wait, "delete_app")
    return _try_again(state, wait, "delete_delayed", reason)


def _try_again(state: Json, wait: float, code: str, reason: str) -> Json:
    paused = pause(state, wait, "delete_app")
    due = code != "delete_delayed" or state["tries"] >= _TRIES_BEFORE_NOTE
    message = f"its app could not be deleted yet: {reason}"
    if not due or message == state.get("noted"):
        return paused
    return go_to(paused, "note", condition={"reason": code, "message": message}, noted=message)


def _note(state: Json, _: Moment) -> TableOperation:
    return TableOperation("note", {name: state[name] for name in ("line", "operation", "condition")})


def _read_note(state: Json, outcome: Json, _: Moment) -> Json:
    return go_to(state, "pause") if outcome["granted"] else _lose_hold(state, outcome)


def _complete(state: Json, _: Moment) -> TableOperation:
    return TableOperation("complete_retire", {name: state[name] for name in ("line", "operation", "deleted")})


def _read_complete(state: Json, outcome: Json, _: Moment) -> Json:
    if not outcome["granted"]:
        return _lose_hold(state, outcome)
    return wake_then_finish(
        state, outcome["waiting"], outcome="retired", line=state["line"], receipt=outcome["receipt"]
    )


def _lose_hold(state: Json, outcome: Json) -> Json:
    return finish(state, outcome="taken over", reason=outcome["reason"], line=state["line"])


REMOVAL_STAGES: Stages = MappingProxyType(
    {
        "delete_app": Stage(_delete_app, _read_delete_app, "deleting the app of line {line}"),
        "note": Stage(_note, _read_note, "line {line}: {condition[message]}"),
        "complete": Stage(_complete, _read_complete, "writing the receipt of line {line}"),
    }
)
