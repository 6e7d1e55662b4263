"""Orchestrations put together at random end, with the right output, whatever happens around them.

Their histories are then written once more with the builder that Microsoft's own tests of the SDK use, and replayed by
the SDK from beginning to end: it has to find every result under the task id that it counts itself.
"""

import asyncio
import importlib
import json
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.ReplaySchema import ReplaySchema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_azure.functions_host.durable import history, loading
from local_azure.functions_host.durable.engine import DurableEngine, NewInstance
from local_azure.functions_host.ports import DurableOptions

# A program is a list of steps; a step is [kind, ...]. Leaves can also be members of groups.
NUMBERS = st.integers(0, 9)
STEADY = st.one_of(
    st.tuples(st.just("act"), NUMBERS),
    st.tuples(st.just("timer"), st.integers(0, 15)),
    st.tuples(st.just("event"), NUMBERS),
    st.tuples(st.just("entity"), NUMBERS),
    st.tuples(st.just("retry"), NUMBERS, st.integers(0, 2)),
)
# A group with a member that fails for good does not hold a retry: the SDK goes on at the failure, the host's shim
# waits for all, and their ids part. Azure has that too.
BRITTLE = st.one_of(st.tuples(st.just("act"), NUMBERS), st.tuples(st.just("fail"), NUMBERS))
RACERS = st.one_of(st.tuples(st.just("act"), NUMBERS), st.tuples(st.just("retry"), NUMBERS, st.integers(0, 2)))
STEPS = st.deferred(
    lambda: st.one_of(
        STEADY,
        st.tuples(st.just("fail"), NUMBERS),
        st.tuples(st.just("retry"), NUMBERS, st.just(9)),
        st.tuples(st.just("status"), NUMBERS),
        st.tuples(st.just("signal"), NUMBERS),
        st.tuples(st.just("all"), st.lists(STEADY, min_size=1, max_size=4)),
        st.tuples(st.just("all"), st.lists(BRITTLE, min_size=1, max_size=4)),
        st.tuples(st.just("any"), st.lists(RACERS, min_size=1, max_size=3)),
        st.tuples(st.just("guarded"), RACERS),
        st.tuples(st.just("sub"), st.lists(STEPS, max_size=3)),
    )
)
PROGRAMS = st.lists(STEPS, min_size=1, max_size=6)
RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=2, max_number_of_attempts=3)


def numbered(program: list[Any], path: str = "p") -> list[Any]:
    """Give every step a name of its own, for its event and for its failures."""
    return [_numbered(step, f"{path}.{index}") for index, step in enumerate(program)]


def _numbered(step: Any, path: str) -> Any:
    kind, *rest = step
    if kind in ("all", "any", "sub"):
        return [kind, path, numbered(rest[0], path)]
    if kind == "guarded":
        return [kind, path, _numbered(rest[0], path)]
    return [kind, path, *rest]


def task_of(context: Any, step: Any) -> Any:  # noqa: PLR0911
    kind, path, *rest = step
    match kind:
        case "act":
            return context.call_activity("echo", rest[0])
        case "fail":
            return context.call_activity("fail", path)
        case "retry":
            return context.call_activity_with_retry("shaky", RETRY, {"path": path, "value": rest[0], "fails": rest[1]})
        case "timer":
            return context.create_timer(context.current_utc_datetime + timedelta(milliseconds=rest[0]))
        case "event":
            return context.wait_for_external_event(path)
        case "entity":
            return context.call_entity(df.EntityId("store", path), "set", rest[0])
        case "all":
            return context.task_all([task_of(context, member) for member in rest[0]])
        case "any":
            return context.task_any([task_of(context, member) for member in rest[0]])
        case _:
            return context.call_sub_orchestrator("program", rest[0])


def program(context):
    """Interpret the input."""
    output = []
    for step in context.get_input():
        kind, path, *rest = step
        if kind == "status":
            context.set_custom_status(rest[0])
            continue
        if kind == "signal":
            context.signal_entity(df.EntityId("store", path), "set", rest[0] + 1)
            continue
        try:
            if kind == "guarded":
                task, limit = task_of(context, rest[0]), task_of(context, ["timer", path, 3_600_000])
                winner = yield context.task_any([task, limit])
                limit.cancel()
                output.append(winner.result)
                continue
            result = yield task_of(context, step)
            output.append(result.result if kind == "any" else result)
        except Exception:
            output.append("failed")
    return output


def store(context):
    context.set_state(context.get_input())
    context.set_result(context.get_input())


def accepted_results(step: Any) -> list[Any]:  # noqa: PLR0911
    """Return what the step may give."""
    kind, path, *rest = step
    match kind:
        case "act" | "entity":
            return [rest[0]]
        case "retry":
            return ["failed" if rest[1] > 2 else rest[0]]
        case "timer":
            return [None]
        case "event":
            return [json.dumps(path)]
        case "fail":
            return ["failed"]
        case "all":
            members = [accepted_results(member)[0] for member in rest[0]]
            return ["failed"] if "failed" in members else [members]
        case "any":
            return [accepted_results(member)[0] for member in rest[0]]
        case _:
            return accepted_results(rest[0])


def check(steps: list[Any], output: list[Any]) -> None:
    answered = [step for step in steps if step[0] not in ("status", "signal")]
    assert len(answered) == len(output)
    for step, result in zip(answered, output, strict=True):
        if step[0] == "sub":
            check(step[2], result)
        else:
            assert result in accepted_results(step), (step, result)


def events_of(steps: list[Any], instance_id: str) -> list[tuple[str, str]]:
    """Return the events that the instance itself waits for; those of children are raised by their own ids."""
    found = []
    for step in steps:
        members = step[2] if step[0] == "all" else [step]
        found += [(instance_id, member[1]) for member in members if member[0] == "event"]
    return found


def without_events(steps: list[Any]) -> list[Any]:
    """Children have ids that nobody knows beforehand, so they wait for nothing."""
    changed = []
    for step in steps:
        if step[0] == "event":
            changed.append(("act", step[1]))
        elif step[0] in ("all", "sub"):
            changed.append((step[0], without_events(step[1])))
        else:
            changed.append(step)
    return changed


def prepared(steps: list[Any]) -> list[Any]:
    return numbered([("sub", without_events(step[1])) if step[0] == "sub" else step for step in steps])


async def run(app: Any, folder: Path, steps: list[Any], restart_after_s: float | None) -> Any:
    async def opened() -> DurableEngine:
        return await DurableEngine.open(folder / "durable.db", app.model, app, DurableOptions())

    engine = await opened()
    try:
        await engine.start(NewInstance("program", "one", json.dumps(json.dumps(steps))))
        for instance_id, name in events_of(steps, "one"):
            await engine.raise_event(instance_id, name, json.dumps(json.dumps(name)))
        if restart_after_s is not None:
            await asyncio.sleep(restart_after_s)  # an arbitrary moment is what is wanted
            await engine.close()
            engine = await opened()
        assert await engine.wait_finished("one", 20), await engine.instance("one")
        state = await engine.instance("one")
        rows = await engine.store.read(lambda connection: loading.read_history(connection, state.key))
        return state, [event for _, text in rows for event in json.loads(f"[{text}]")]
    finally:
        await engine.close()


@pytest.fixture(scope="module")
def sdk_builder():
    """The builder of the SDK's own tests, which its wheel installs as a top-level package of the name of this one."""
    package = importlib.import_module("tests")
    beside = Path(df.__file__).parents[2] / "tests"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "__path__", [*package.__path__, str(beside)])
        yield importlib.import_module("tests.test_utils.ContextBuilder").ContextBuilder


def rebuilt(sdk_builder: Any, events: list[dict[str, Any]]) -> Any:
    """Write a history with that builder; the first two events are there from the beginning."""
    builder = sdk_builder("program", replay_schema=ReplaySchema.V3)
    for event in events[2:]:
        add(builder, event)
    return builder


def add(builder: Any, event: dict[str, Any]) -> None:
    kind = event["EventType"]
    if kind in OPENING:
        OPENING[kind](builder, event)
    elif kind in OUTCOMES:
        OUTCOMES[kind](builder, event)
    else:  # the end is what the replay has to come to
        assert kind == history.EXECUTION_COMPLETED


def add_event_sent(builder: Any, event: dict[str, Any]) -> None:
    builder.add_event_sent_event(event["InstanceId"], event["EventId"])
    builder.history_events[-1].Input = event["Input"]  # the builder's own names no request


OPENING = {
    history.ORCHESTRATOR_STARTED: lambda b, _: b.add_orchestrator_started_event(),
    history.ORCHESTRATOR_COMPLETED: lambda b, _: b.add_orchestrator_completed_event(),
    history.TASK_SCHEDULED: lambda b, e: b.add_task_scheduled_event(e["Name"], e["EventId"]),
    history.SUB_CREATED: lambda b, e: b.add_sub_orchestrator_started_event(e["Name"], e["EventId"]),
    history.TIMER_CREATED: lambda b, e: b.add_timer_created_event(e["EventId"], e["FireAt"]),
    history.EVENT_SENT: add_event_sent,
}
OUTCOMES = {
    history.TASK_COMPLETED: lambda b, e: b.add_task_completed_event(e["TaskScheduledId"], e["Result"]),
    history.TASK_FAILED: lambda b, e: b.add_task_failed_event(e["TaskScheduledId"], e["Reason"], e["Details"]),
    history.SUB_COMPLETED: lambda b, e: b.add_sub_orchestrator_completed_event(e["Result"], e["TaskScheduledId"]),
    history.TIMER_FIRED: lambda b, e: b.add_timer_fired_event(e["TimerId"], e["FireAt"]),
    history.EVENT_RAISED: lambda b, e: b.add_event_raised_event(e["Name"], -1, e["Input"]),
}


def replayed(builder: Any, steps: list[Any]) -> Any:
    """Have the SDK replay a whole history in one go."""
    builder.input_ = json.dumps(steps)
    text = builder.to_json_string()
    return json.loads(df.Orchestrator.create(program)(SimpleNamespace(body=text)))


@given(steps=PROGRAMS, lost=st.integers(0, 3), restart_after_s=st.none() | st.floats(0, 0.05))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_random_orchestration_ends_with_the_right_output(sdk_app, sdk_builder, steps, lost, restart_after_s):
    steps = prepared(steps)
    app, tries = sdk_app(), Counter[str]()

    def shaky(call):
        tries[call["path"]] += 1
        if tries[call["path"]] <= call["fails"]:
            raise ValueError(call["path"])
        return call["value"]

    def fail(path):
        raise ValueError(path)

    app.orchestrators["program"] = program
    app.activities.update(echo=lambda value: value, shaky=shaky, fail=fail)
    app.entities["store"] = store
    app.lose_next.update(program=lost, echo=lost // 2)
    with tempfile.TemporaryDirectory() as folder:
        state, events = asyncio.run(run(app, Path(folder), steps, restart_after_s))
    assert state.status == "Completed", state.output
    check(steps, json.loads(state.output))
    again = replayed(rebuilt(sdk_builder, events), json.loads(json.dumps(steps)))
    assert again["isDone"]
    assert again["output"] == json.loads(state.output)
