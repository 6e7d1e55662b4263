"""The planner of `deploy_release`: package, app, publish, gate, activate; and the way back when one of them fails.

State: application, version, line, operation (its own instance id), then what begin_deploy said of the line; `fresh`
when the line has no app yet; `failure` on the way back.
"""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType

from version_registry.codec import decode_time, encode_time
from version_registry.identifiers import monitor_id
from version_registry.model import Timings
from version_registry.recalling import RECALL_STAGES, recall
from version_registry.rollout_failure import FAILURE_STAGES, begin_failure, lose_hold
from version_registry.sagas import Effect, Json, Next, TableOperation
from version_registry.stages import (
    DONE,
    PAUSE,
    WAKE,
    Broken,
    Later,
    Moment,
    Stage,
    drive,
    finish,
    go_to,
    pause,
    read_effect,
    wait_for_line,
    wake_then_finish,
)
from version_registry.versions import line_of

_CRASHES = 3
"""So often in a row the host must say that it cannot load the app."""
_FACTS = ("line", "line_generation", "app", "digest", "previous")


def deploy_release(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step of a deploy."""
    return drive(_STAGES, state, outcome, Moment(now, timings))


def new_deploy(application: str, version: str, *, operation: str, replaces: str | None = None) -> Json:
    """Make the first state; with `replaces` it cleans up after a deploy that died."""
    return {
        "application": application,
        "version": version,
        "line": line_of(version),
        "operation": operation,
        "replaces": replaces,
        "step": "take_over" if replaces else "begin",
    }


def _begin(state: Json, _: Moment) -> TableOperation:
    waited = state.get("waited", False)
    return TableOperation(
        "begin_deploy", {"version": state["version"], "operation": state["operation"], "waited": waited}
    )


def _read_begin(state: Json, outcome: Json, moment: Moment) -> Json:
    if not outcome["granted"]:
        if outcome["code"] == "busy":
            return go_to(state, "wait", holder=outcome["holder"], waited=True)
        if outcome["code"] == "archived":
            return recall(state, "begin")
        return finish(state, failed=True, message=outcome["reason"], reason=outcome["code"])
    if outcome["noop"]:
        output = {"version": state["version"], "line": outcome["line"], "noop": True, "promoted": False}
        return wake_then_finish(state, outcome["waiting"], **output, overtaken_by=outcome.get("overtaken_by"))
    deadline = encode_time(moment.now + moment.timings.gate_deadline)
    facts = {name: outcome[name] for name in _FACTS}
    return go_to(state, "check_package", **facts, fresh=outcome["app"] is None, deadline=deadline)


def _take_over(state: Json, _: Moment) -> TableOperation:
    args = {"line": state["line"], "operation": state["operation"], "replaces": state["replaces"]}
    return TableOperation("take_over", args)


def _read_take_over(state: Json, outcome: Json, moment: Moment) -> Json:
    if not outcome["granted"]:
        return finish(state, outcome="nothing to take over", reason=outcome["reason"])
    facts = {name: outcome[name] for name in _FACTS}
    taken = {**state, **facts, "fresh": outcome["app"] is None, "app_begun": True, "published": True}
    message = f"its deploy ({state['replaces']}) ended without finishing; post the release again"
    return begin_failure(taken, moment, "abandoned", message)


def _check_package(state: Json, _: Moment) -> Effect:
    names = ("application", "version", "digest")
    return Effect("check_package", {name: state[name] for name in names})


def _read_check_package(state: Json, done: Json) -> Json:
    state = {**state, "functions": done["functions"], "complete": done["complete"], "app_begun": True}
    return _report(state, "PackageChecked", f"the package has {len(done['functions'])} functions", then="ensure_app")


def _ensure_app(state: Json, _: Moment) -> Effect:
    args = {"application": state["application"], "line": state["line"], "generation": state["line_generation"]}
    return Effect("ensure_app", {**args, "continuation": state.get("continuation")})


def _read_ensure_app(state: Json, done: Json) -> Json:
    # Noted before the publish is issued: one that dies half-way may have changed the app.
    state = {**state, "app": done["app"], "continuation": None, "published": True}
    return _report(state, "AppReady", f"the app is {done['app']['name']}", then="publish")


def _publish(state: Json, _: Moment) -> Effect:
    args = {"application": state["application"], "line": state["line"], "generation": state["line_generation"]}
    return Effect("publish_package", {**args, "app": state["app"], "digest": state["digest"]})


def _read_publish(state: Json, done: Json) -> Json:
    return go_to(state, "check_deployment", deployment=done["deployment"])


def _check_deployment(state: Json, _: Moment) -> Effect:
    return Effect("check_deployment", {"app": state["app"], "deployment": state["deployment"]})


def _read_check_deployment(state: Json, _done: Json) -> Json:
    return _report(state, "PackagePublished", f"package {state['digest'][:12]}… is published", then="check_health")


def _check_health(state: Json, _: Moment) -> Effect:
    return Effect("check_health", {name: state[name] for name in ("app", "functions", "complete")})


def _read_check_health(state: Json, done: Json) -> Json:
    state = {**state, "functions": done["functions"]}
    return _report(state, "Healthy", f"the host runs {len(done['functions'])} functions", then="activate")


def _activate(state: Json, _: Moment) -> TableOperation:
    return TableOperation("activate", {name: state[name] for name in ("line", "operation", "app", "functions")})


def _read_activate(state: Json, outcome: Json, _: Moment) -> Json:
    if not outcome["granted"]:
        return lose_hold(state, outcome)
    # The monitor too: whatever line this supersedes gets its first look now.
    ids = [*outcome["waiting"], monitor_id(state["application"])]
    output = {name: state[name] for name in ("version", "line", "app")}
    return wake_then_finish(state, ids, **output, promoted=outcome["promoted"], noop=False)


def _report(state: Json, kind: str, message: str, *, then: str) -> Json:
    condition = {"type": kind, "status": True, "reason": "done", "message": message}
    return go_to(state, "report", condition=condition, after_report=then)


def _issue_report(state: Json, _: Moment) -> TableOperation:
    return TableOperation("report_progress", {name: state[name] for name in ("line", "operation", "condition")})


def _read_report(state: Json, outcome: Json, _: Moment) -> Json:
    return go_to(state, state["after_report"]) if outcome["granted"] else lose_hold(state, outcome)


def _gated(step: str, kind: str, on_done: Callable[[Json, Json], Json]) -> Callable[[Json, Json, Moment], Json]:
    """Read an effect of the way forward: go on when it is done, try again until the deadline, or turn back."""

    def read(state: Json, outcome: Json, moment: Moment) -> Json:
        match read_effect(outcome):
            case Broken(code, reason):
                return begin_failure(state, moment, code, reason)
            case Later() as later:
                return _try_again(state, later, moment, step, kind)
            case done:
                return on_done(state, done.values)

    return read


def _try_again(state: Json, later: Later, moment: Moment, step: str, kind: str) -> Json:
    state = _note_crash(state, later, moment)
    if _is_beyond_hope(state, moment):
        return begin_failure(state, moment, "host_error", later.reason)
    if moment.now >= decode_time(state["deadline"]):
        allowed = f"{moment.timings.gate_deadline.total_seconds() / 60:g} minutes"
        return begin_failure(state, moment, "gate_deadline", f"not ready within {allowed}: {later.reason or step}")
    state = {**state, "continuation": later.resume.get("continuation", state.get("continuation"))}
    paused = pause(state, later.seconds, step)
    if not later.reason or later.reason == state.get("said"):
        return paused
    condition = {"type": kind, "status": False, "reason": "waiting", "message": later.reason}
    return go_to(paused, "report", condition=condition, after_report="pause", said=later.reason)


def _note_crash(state: Json, later: Later, moment: Moment) -> Json:
    """Count the looks in a row at which the host could not load the app."""
    if not later.crashed:
        return {**state, "crashes": 0}
    if not state.get("crashes"):
        return {**state, "crashes": 1, "crashed_at": encode_time(moment.now)}
    return {**state, "crashes": state["crashes"] + 1}


def _is_beyond_hope(state: Json, moment: Moment) -> bool:
    # Once may be the host in the middle of a restart: only a row of looks over some time is an answer.
    if state["crashes"] < _CRASHES:
        return False
    return moment.now - decode_time(state["crashed_at"]) >= moment.timings.error_grace


_STAGES = MappingProxyType(
    {
        "begin": Stage(_begin, _read_begin, "asking for line {line}"),
        "wait": wait_for_line("begin", "waiting for line {line}, held by {holder}"),
        "take_over": Stage(_take_over, _read_take_over, "cleaning up after {replaces}"),
        "check_package": Stage(
            _check_package, _gated("check_package", "PackageChecked", _read_check_package), "checking the package"
        ),
        "ensure_app": Stage(_ensure_app, _gated("ensure_app", "AppReady", _read_ensure_app), "making the app"),
        "publish": Stage(_publish, _gated("publish", "PackagePublished", _read_publish), "publishing the package"),
        "check_deployment": Stage(
            _check_deployment,
            _gated("check_deployment", "PackagePublished", _read_check_deployment),
            "waiting until the package is deployed",
        ),
        "check_health": Stage(
            _check_health, _gated("check_health", "Healthy", _read_check_health), "waiting until the app is healthy"
        ),
        "activate": Stage(_activate, _read_activate, "activating"),
        "report": Stage(_issue_report, _read_report, "{condition[message]}"),
        **FAILURE_STAGES,
        **RECALL_STAGES,
        "pause": PAUSE,
        "wake": WAKE,
        "done": DONE,
    }
)
