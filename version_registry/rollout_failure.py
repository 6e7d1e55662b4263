"""The way back of a deploy: remove what it made, or put the former package back, then let go of the line."""

from datetime import datetime
from types import MappingProxyType

from version_registry.codec import decode_time, encode_time
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

_DELETE_TRIES = 8
"""With the back-off about 20 minutes. The line must not stay blocked for a left-over, which carries our tags."""


def begin_failure(state: Json, moment: Moment, reason: str, message: str) -> Json:
    """Turn back, and remember why."""
    state = {**state, "failure": {"reason": reason, "message": message}, "app_deleted": True, "tries": 0}
    if state["fresh"]:
        return go_to(state, "delete_app" if state.get("app_begun") else "fail")
    if not state.get("published") or not state["previous"]:
        return go_to(state, "fail")
    return go_to(state, "restore", restore_deadline=_deadline(moment))


def lose_hold(state: Json, outcome: Json) -> Json:
    """End without touching anything more: somebody else has the line, and cleans up."""
    message = f"the deploy of {state['version']} was stopped: {outcome['reason']}"
    return finish(state, failed=True, message=message, reason="hold_lost")


def _deadline(moment: Moment) -> str:
    end: datetime = moment.now + moment.timings.gate_deadline
    return encode_time(end)


def _delete_app(state: Json, _: Moment) -> Effect:
    args = {"application": state["application"], "line": state["line"], "generation": state["line_generation"]}
    return Effect("delete_app", {**args, "app": state["app"], "continuation": state.get("deletion")})


def _read_delete_app(state: Json, outcome: Json, _: Moment) -> Json:
    match read_effect(outcome):
        case Done():
            return go_to(state, "fail")
        case Later(reason, seconds, resume):
            tries = state["tries"] + 1
            if tries >= _DELETE_TRIES:
                return _give_up_on_app(state, reason)
            wait = max(seconds, back_off(tries, first=10, most=1800))
            deletion = resume.get("continuation", state.get("deletion"))
            return pause({**state, "tries": tries, "deletion": deletion}, wait, "delete_app")
        case Broken(_, reason):
            return _give_up_on_app(state, reason)


def _give_up_on_app(state: Json, reason: str) -> Json:
    return go_to(_blame(state, f"its app could not be removed: {reason}"), "fail", app_deleted=False)


def _restore(state: Json, _: Moment) -> Effect:
    args = {"application": state["application"], "line": state["line"], "generation": state["line_generation"]}
    return Effect("publish_package", {**args, "app": state["app"], "digest": state["previous"]["digest"]})


def _read_restore(state: Json, outcome: Json, moment: Moment) -> Json:
    match read_effect(outcome):
        case Done(values):
            return go_to(state, "check_restored", deployment=values["deployment"])
        case other:
            return _restore_again(state, other, moment, "restore")


def _check_restored(state: Json, _: Moment) -> Effect:
    return Effect("check_deployment", {"app": state["app"], "deployment": state["deployment"]})


def _read_check_restored(state: Json, outcome: Json, moment: Moment) -> Json:
    match read_effect(outcome):
        case Done():
            return go_to(state, "check_restored_health")
        case other:
            return _restore_again(state, other, moment, "check_restored")


def _check_restored_health(state: Json, _: Moment) -> Effect:
    functions = state["previous"]["functions"]
    return Effect("check_health", {"app": state["app"], "functions": functions, "complete": bool(functions)})


def _read_check_restored_health(state: Json, outcome: Json, moment: Moment) -> Json:
    match read_effect(outcome):
        case Done():
            return go_to(state, "fail")
        case other:
            return _restore_again(state, other, moment, "check_restored_health")


def _restore_again(state: Json, result: Later | Broken, moment: Moment, step: str) -> Json:
    if isinstance(result, Later) and moment.now < decode_time(state["restore_deadline"]):
        return pause(state, result.seconds, step)
    former = state["previous"]["version"]
    return go_to(_blame(state, f"the former package {former} could not be restored: {result.reason}"), "fail")


def _blame(state: Json, more: str) -> Json:
    failure = state["failure"]
    return {**state, "failure": {**failure, "message": f"{failure['message']}; {more}"}}


def _fail(state: Json, _: Moment) -> TableOperation:
    condition = {"status": False, **state["failure"]}
    args = {"line": state["line"], "operation": state["operation"], "condition": condition}
    return TableOperation("fail_deploy", {**args, "app_deleted": state["app_deleted"]})


def _read_fail(state: Json, outcome: Json, _: Moment) -> Json:
    failure = state["failure"]
    output = {
        "message": f"the deploy of {state['version']} failed: {failure['message']}",
        "reason": failure["reason"],
        "version": state["version"],
        "line": state["line"],
    }
    ids = outcome["waiting"] if outcome["granted"] else []
    return wake_then_finish(state, ids, failed=True, **output)


FAILURE_STAGES: Stages = MappingProxyType(
    {
        "delete_app": Stage(_delete_app, _read_delete_app, "failed: {failure[message]}; removing the app"),
        "restore": Stage(_restore, _read_restore, "failed: {failure[message]}; restoring the former package"),
        "check_restored": Stage(_check_restored, _read_check_restored, "restoring the former package"),
        "check_restored_health": Stage(
            _check_restored_health, _read_check_restored_health, "waiting until the former package is healthy"
        ),
        "fail": Stage(_fail, _read_fail, "failed: {failure[message]}"),
    }
)
