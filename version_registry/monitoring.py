"""The planner of `monitor`, one per application and eternal: observe, plan, do what the plan says, rest, begin anew.

It decides nothing that is unsafe to get wrong: what it starts proves its case itself. State: application; within a
cycle `todo`, and `generation`, the table's that the plan was made on.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Any

from version_registry.codec import decode, decode_table, encode
from version_registry.drain_plan import BeginRetirement, CyclePlan, Observed, TakeOver, plan_cycle
from version_registry.identifiers import attempt_number, deploy_id, retire_id
from version_registry.model import Count, RoutingTable, Timings
from version_registry.retirement import new_retirement, new_take_over
from version_registry.rollout import new_deploy
from version_registry.sagas import Effect, Json, Next, Renew, TableOperation, WaitFor
from version_registry.stages import LINE_FREE, Done, Moment, Stage, drive, go_to, read_effect


def monitor(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step of a cycle."""
    if state["step"] == "rest" and outcome is not None:
        return Next(Renew(), new_monitor(state["application"]))
    return drive(_STAGES, state, outcome, Moment(now, timings))


def new_monitor(application: str) -> Json:
    """Make the first state of an application's monitor."""
    return {"application": application, "step": "observe"}


def _observe(state: Json, _: Moment) -> Effect:
    return Effect("observe_application", {"application": state["application"]})


def _read_observation(state: Json, outcome: Json, moment: Moment) -> Json:
    result = read_effect(outcome)
    if not isinstance(result, Done):
        return _rest(state, moment.timings.monitor_interval.total_seconds(), f"nothing seen: {result.reason}")
    table = decode_table(result.values["table"])
    observed = Observed(
        counts={line: decode(Count, count) for line, count in result.values["counts"].items()},
        dead_holders=tuple(result.values.get("dead_holders", ())),
    )
    plan = plan_cycle(table, observed, moment.now, moment.timings)
    state = _rest(state, plan.next_check.total_seconds(), _summarise(plan))
    todo = [_describe(action, table, moment) for action in plan.actions]
    state = {**state, "todo": todo, "generation": table.generation}
    return go_to(state, "record", counts=encode(plan.counts)) if plan.counts else _next_action(state)


def _record(state: Json, _: Moment) -> TableOperation:
    return TableOperation("record_counts", {"counts": state["counts"], "expected_generation": state["generation"]})


def _read_record(state: Json, outcome: Json, _: Moment) -> Json:
    if not outcome["granted"]:
        # The table has changed since it was observed, so the plan is void.
        return {**_rest(state, 1.0, "the table changed meanwhile"), "todo": []}
    return _next_action({**state, "generation": outcome["generation"], "counts": {}})


def _act(state: Json, _: Moment) -> Effect:
    action: dict[str, Any] = dict(state["todo"][0])
    if action["kind"] == "retire_line" and "expected_generation" in action["state"]:
        # The counts just recorded have moved the table on; nothing else may have.
        action["state"] = {**action["state"], "expected_generation": state["generation"]}
    return Effect("start_saga", action)


def _read_act(state: Json, _outcome: Json, _: Moment) -> Json:
    # Whether it was started does not matter: the next cycle looks at what is, and tries under a new id.
    return _next_action({**state, "todo": state["todo"][1:]})


def _next_action(state: Json) -> Json:
    return go_to(state, "act" if state["todo"] else "rest")


def _rest(state: Json, seconds: float, seen: str) -> Json:
    return go_to(state, "rest", seconds=seconds, seen=seen)


def _describe(action: BeginRetirement | TakeOver, table: RoutingTable, moment: Moment) -> Json:
    """Describe the saga to start, as the arguments of start_saga."""
    attempt = attempt_number(table.generation, moment.now)
    if isinstance(action, TakeOver) and action.version is not None:
        operation = deploy_id(table.application, action.version, attempt)
        state = new_deploy(table.application, action.version, operation=operation, replaces=action.holder)
        return {"kind": "deploy_release", "id": operation, "state": state}
    operation = retire_id(table.application, action.line, table.lines[action.line].generation, attempt)
    if isinstance(action, TakeOver):
        state = new_take_over(table.application, action.line, operation=operation, replaces=action.holder)
    else:
        state = new_retirement(
            table.application,
            action.line,
            operation=operation,
            line_generation=action.line_generation,
            expected_generation=table.generation,
        )
    return {"kind": "retire_line", "id": operation, "state": state}


def _summarise(plan: CyclePlan) -> str:
    begun = [f"line {action.line}: {_verb(action)}" for action in plan.actions]
    skipped = [f"line {skip.line}: {skip.reason}" for skip in plan.skips]
    return "; ".join([*begun, *skipped]) or "no line is superseded"


def _verb(action: BeginRetirement | TakeOver) -> str:
    return "its retirement begins" if isinstance(action, BeginRetirement) else f"takes over from {action.holder}"


_STAGES = MappingProxyType(
    {
        "observe": Stage(_observe, _read_observation, "looking at {application}"),
        "record": Stage(_record, _read_record, "{seen}"),
        "act": Stage(_act, _read_act, "{seen}"),
        "rest": Stage(lambda state, _: WaitFor(LINE_FREE, state["seconds"]), lambda state, *_: state, "{seen}"),
    }
)
