"""The planner of `retire_line`: close the line, prove that it is empty, archive, delete the app, write the receipt.

The safety argument stands in ARCHITECTURE, "Drain and retirement"; each stage below is a part of it. State:
application, line, operation (its own instance id), the guards; then `app`, the `counts` so far, `archived`, `cursor`.
"""

from datetime import datetime
from types import MappingProxyType

from version_registry.codec import decode, encode_time
from version_registry.model import Count, Timings
from version_registry.retirement_removal import REMOVAL_STAGES
from version_registry.sagas import Effect, Json, Next, Sleep, TableOperation
from version_registry.stages import (
    DONE,
    PAUSE,
    WAKE,
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
    wake_then_finish,
)

_UNKNOWN_COUNTS = 5
"""So many counts in a row may be unknown; then the line goes back into service. Unknown is never taken for zero."""
_EXPORT_TRIES = 10
"""So many tries in a row for one page; with the back-off about an hour."""
_ZEROS_BEFORE_EXPORT = 2
_ZEROS_BEFORE_RETIRING = 3
"""One more after the export, which may have taken long."""


def retire_line(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step of a retirement."""
    return drive(_STAGES, state, outcome, Moment(now, timings))


def new_retirement(
    application: str, line: str, *, operation: str, line_generation: int, expected_generation: int
) -> Json:
    """Make the first state. The generations guard it: the line and table must be as they were when it was planned."""
    guards = {"line_generation": line_generation, "expected_generation": expected_generation}
    return {"application": application, "line": line, "operation": operation, "step": "begin", **guards, **_NOTHING}


def new_take_over(application: str, line: str, *, operation: str, replaces: str) -> Json:
    """Make the first state of one that goes on in place of a retirement that died."""
    dead = {"replaces": replaces, "step": "take_over"}
    return {"application": application, "line": line, "operation": operation, **dead, **_NOTHING}


_NOTHING: Json = MappingProxyType(
    {"counts": [], "zeros": 0, "unknowns": 0, "archived": 0, "cursor": None, "tries": 0, "deleted": []}
)


def _begin(state: Json, _: Moment) -> TableOperation:
    names = ("line", "line_generation", "expected_generation", "operation")
    return TableOperation("begin_drain", {name: state[name] for name in names})


def _read_begin(state: Json, outcome: Json, _: Moment) -> Json:
    if not outcome["granted"]:
        return finish(state, outcome="not begun", reason=outcome["reason"], line=state["line"])
    return go_to(state, "close", app=outcome["app"])


def _take_over(state: Json, _: Moment) -> TableOperation:
    return TableOperation("take_over", {name: state[name] for name in ("line", "operation", "replaces")})


def _read_take_over(state: Json, outcome: Json, _: Moment) -> Json:
    if not outcome["granted"]:
        return finish(state, outcome="nothing to take over", reason=outcome["reason"], line=state["line"])
    taken = {**state, "app": outcome["app"], "line_generation": outcome["line_generation"]}
    return go_to(taken, "delete_app" if outcome["status"] == "retiring" else "close")


def _close(_: Json, moment: Moment) -> Sleep:
    # After this every router instance has re-read the table or given up the forward it began before.
    timings = moment.timings
    return Sleep((timings.table_ttl + timings.forward_deadline + timings.drain_margin).total_seconds())


def _count(state: Json, _: Moment) -> Effect:
    return Effect("count_unfinished", {"app": state["app"]})


def _read_count(state: Json, outcome: Json, moment: Moment) -> Json:
    count = _decode_count(outcome, moment)
    state = {**state, "counts": [*state["counts"], count["json"]]}
    unfinished = count["unfinished"]
    if unfinished is None:
        return _count_again_or_give_up(state, count["json"]["reason"], moment)
    if unfinished:
        return _cancel(state, f"{unfinished} unfinished instances")
    state = {**state, "zeros": state["zeros"] + 1, "unknowns": 0}
    if state["zeros"] == _ZEROS_BEFORE_EXPORT:
        return go_to(state, "export")
    if state["zeros"] >= _ZEROS_BEFORE_RETIRING:
        return go_to(state, "begin_retire")
    # A start may be queued before its row is visible: the next count comes a visibility delay later.
    return pause(state, moment.timings.visibility_delay.total_seconds(), "count")


def _decode_count(outcome: Json, moment: Moment) -> Json:
    match read_effect(outcome):
        case Done(values):
            return {"json": values["count"], "unfinished": decode(Count, values["count"]).unfinished}
        case Later(reason) | Broken(_, reason):
            unknown: Json = {"at": encode_time(moment.now), "unfinished": None, "reason": reason, "blockers": []}
            return {"json": unknown, "unfinished": None}


def _count_again_or_give_up(state: Json, reason: str, moment: Moment) -> Json:
    unknowns = state["unknowns"] + 1
    if unknowns >= _UNKNOWN_COUNTS:
        return _cancel(state, f"the app did not answer {unknowns} counts: {reason}")
    # The row of zeros starts anew, and the export with it.
    again = {**state, "unknowns": unknowns, "zeros": 0, "archived": 0, "cursor": None}
    return pause(again, moment.timings.visibility_delay.total_seconds(), "count")


def _export(state: Json, _: Moment) -> Effect:
    return Effect("export_instances", {name: state[name] for name in ("application", "line", "app", "cursor")})


def _read_export(state: Json, outcome: Json, _: Moment) -> Json:
    match read_effect(outcome):
        case Done(values):
            state = {
                **state,
                "archived": state["archived"] + values["exported"],
                "cursor": values["cursor"],
                "tries": 0,
            }
            return go_to(state, "export" if values["cursor"] else "count")
        case Later(reason, seconds):
            tries = state["tries"] + 1
            if tries >= _EXPORT_TRIES:
                return _cancel(state, f"the finished instances could not be archived: {reason}")
            return pause({**state, "tries": tries}, max(seconds, back_off(tries, first=10, most=600)), "export")
        case Broken(_, reason):
            return _cancel(state, f"the finished instances could not be archived: {reason}")


def _begin_retire(state: Json, _: Moment) -> TableOperation:
    return TableOperation("begin_retire", {name: state[name] for name in ("line", "operation", "counts", "archived")})


def _read_begin_retire(state: Json, outcome: Json, _: Moment) -> Json:
    if outcome["granted"]:
        return go_to(state, "delete_app", tries=0)
    if outcome["code"] == "not_proven":
        return _cancel(state, outcome["reason"])
    return finish(state, outcome="cancelled", reason=outcome["reason"], line=state["line"])


def _cancel(state: Json, reason: str) -> Json:
    return go_to(state, "cancel", reason=reason)


def _issue_cancel(state: Json, _: Moment) -> TableOperation:
    return TableOperation("cancel_drain", {name: state[name] for name in ("line", "operation", "reason")})


def _read_cancel(state: Json, outcome: Json, _: Moment) -> Json:
    ids = outcome["waiting"] if outcome["granted"] else []
    return wake_then_finish(state, ids, outcome="cancelled", reason=state["reason"], line=state["line"])


_STAGES = MappingProxyType(
    {
        "begin": Stage(_begin, _read_begin, "closing line {line} to new starts"),
        "take_over": Stage(_take_over, _read_take_over, "going on in place of {replaces}"),
        "close": Stage(
            _close, lambda state, *_: go_to(state, "count"), "waiting until no router forwards to line {line}"
        ),
        "count": Stage(_count, _read_count, "counting unfinished instances of line {line}"),
        "export": Stage(_export, _read_export, "archiving finished instances of line {line}: {archived} so far"),
        "begin_retire": Stage(_begin_retire, _read_begin_retire, "line {line} is proven empty"),
        "cancel": Stage(_issue_cancel, _read_cancel, "line {line} goes back into service: {reason}"),
        **REMOVAL_STAGES,
        "pause": PAUSE,
        "wake": WAKE,
        "done": DONE,
    }
)
