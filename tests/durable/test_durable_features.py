"""Each durable feature, by the real SDK on a real store."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from local_azure.functions_host.durable import clock, http_activity
from local_azure.functions_host.durable.engine import InstanceExistsError, NewInstance
from local_azure.functions_host.ports import DurableOptions


class Boom(Exception):  # noqa: N818
    pass


def boom(text):
    raise Boom(text)


def failing_times(count: int, value: str = "ok"):
    """Return an activity that fails so often, then gives the value."""
    left = [count]

    def activity(_):
        if left[0] > 0:
            left[0] -= 1
            raise Boom(f"{left[0]} to go")
        return value

    return activity


RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=30, max_number_of_attempts=3)


# -- failures and retries --------------------------------------------------------------------------------------------


async def test_an_activity_s_failure_is_seen_and_may_be_caught(app, open_bench):
    app.activities["boom"] = boom

    def catches(context):
        try:
            yield context.call_activity("boom", "no luck")
        except Exception as error:
            return str(error)

    app.orchestrators["catches"] = catches
    bench = await open_bench(app)
    assert (await bench.output("catches")).startswith("Activity function 'boom' failed: Boom: no luck \n Traceback")


async def test_an_uncaught_failure_fails_the_orchestration_with_both_names(app, open_bench):
    app.activities["boom"] = boom

    def lets_out(context):
        yield context.call_activity("boom", "no luck")

    app.orchestrators["lets_out"] = lets_out
    bench = await open_bench(app)
    state = await bench.run("lets_out")
    assert state.status == "Failed"
    assert json.loads(state.output).startswith(
        "Orchestrator function 'lets_out' failed: Activity function 'boom' failed: Boom: no luck"
    )


async def test_an_unknown_activity_fails_the_call_with_its_name(app, open_bench):
    def calls(context):
        yield context.call_activity("nobody")

    app.orchestrators["calls"] = calls
    bench = await open_bench(app)
    state = await bench.run("calls")
    assert "The function 'nobody' doesn't exist, is disabled, or is not an activity function" in state.output


async def test_work_asked_for_before_a_failure_is_still_done_first(app, open_bench):
    ran = asyncio.Event()
    loop = asyncio.get_running_loop()
    app.activities["mark"] = lambda _: loop.call_soon_threadsafe(ran.set) and None

    def half(context):
        task = context.call_activity("mark")
        event = context.wait_for_external_event("never")
        timer = context.create_timer(context.current_utc_datetime + timedelta(milliseconds=10))
        yield context.task_any([event, timer])
        yield context.task_any([task, event])
        raise Boom("after all")

    app.orchestrators["half"] = half
    bench = await open_bench(app)
    state = await bench.run("half")
    assert state.status == "Failed"
    assert "after all" in state.output
    assert ran.is_set()


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        pytest.param(0, "ok", id="first attempt"),
        pytest.param(2, "ok", id="last attempt"),
        pytest.param(3, None, id="none succeeds, and the timer after the last fires at once"),
    ],
)
async def test_retries_of_an_activity(app, open_bench, failures, expected):
    app.activities["shaky"] = failing_times(failures)

    def retries(context):
        try:
            value = yield context.call_activity_with_retry("shaky", RETRY)
        except Exception as error:
            value = None if "Activity function 'shaky' failed: Boom: 0 to go" in str(error) else str(error)
        # The next ids must match too, or this hangs.
        again = yield context.call_activity_with_retry("steady", RETRY)
        return [value, again]

    app.activities["steady"] = failing_times(1, "steady")
    app.orchestrators["retries"] = retries
    bench = await open_bench(app)
    assert await bench.output("retries") == [expected, "steady"]
    assert app.calls["shaky"] == min(failures + 1, 3)


async def test_retries_side_by_side_keep_their_ids_apart(app, open_bench):
    for number in range(5):
        app.activities[f"shaky{number}"] = failing_times(number % 3, f"v{number}")

    def fan(context):
        first = yield context.task_all([context.call_activity_with_retry(f"shaky{n}", RETRY) for n in range(5)])
        second = yield context.call_activity("shaky0")
        return [*first, second]

    app.orchestrators["fan"] = fan
    bench = await open_bench(app)
    assert await bench.output("fan") == ["v0", "v1", "v2", "v3", "v4", "v0"]


async def test_a_retry_that_beats_its_time_out_leaves_the_ids_in_step(app, open_bench):
    app.activities["shaky"] = failing_times(1)
    app.activities["next"] = lambda value: f"next {value}"

    def guarded(context):
        task = context.call_activity_with_retry("shaky", RETRY)
        timeout = context.create_timer(context.current_utc_datetime + timedelta(minutes=5))
        winner = yield context.task_any([task, timeout])
        assert winner == task
        timeout.cancel()
        result = yield context.call_activity("next", task.result)
        return result

    app.orchestrators["guarded"] = guarded
    bench = await open_bench(app)
    assert await bench.output("guarded") == "next ok"


# -- any and all -----------------------------------------------------------------------------------------------------


async def test_a_race_gives_its_first_and_the_rest_may_be_awaited_later(app, open_bench):
    slow_may_end = asyncio.Event()
    app.before["slow"] = slow_may_end.wait
    app.activities.update(quick=lambda _: "quick", slow=lambda _: "slow")

    def race(context):
        quick, slow = context.call_activity("quick"), context.call_activity("slow")
        winner = yield context.task_any([slow, quick])
        context.set_custom_status(winner.result)
        rest = yield context.task_all([slow, quick])
        return rest

    app.orchestrators["race"] = race
    bench = await open_bench(app)
    instance_id = await bench.start("race")
    await bench.until(instance_id, lambda state: state.custom_status == '"quick"')
    slow_may_end.set()
    assert json.loads((await bench.result(instance_id)).output) == ["slow", "quick"]


async def test_an_orchestration_that_returned_runs_until_nothing_is_open(app, open_bench):
    may_end = asyncio.Event()
    app.before["slow"] = may_end.wait
    app.activities["slow"] = lambda _: "slow"

    def leaves(context):
        slow = context.call_activity("slow")
        timer = context.create_timer(context.current_utc_datetime)
        yield context.task_any([slow, timer])
        context.set_custom_status("returned")
        return "done"

    app.orchestrators["leaves"] = leaves
    bench = await open_bench(app)
    instance_id = await bench.start("leaves")
    state = await bench.until(instance_id, lambda state: state.custom_status == '"returned"')
    assert state.status == "Running"
    may_end.set()
    assert (await bench.result(instance_id)).output == '"done"'


async def test_nested_groups_resolve_as_in_the_sdk(app, open_bench):
    app.activities["echo"] = lambda value: value

    def nested(context):
        inner = context.task_all([context.call_activity("echo", 1), context.call_activity("echo", 2)])
        never = context.wait_for_external_event("never")
        winner = yield context.task_any([never, inner])
        return winner.result

    app.orchestrators["nested"] = nested
    bench = await open_bench(app)
    assert await bench.output("nested") == [1, 2]


# -- events ----------------------------------------------------------------------------------------------------------


async def test_events_are_handed_out_in_turn(app, open_bench):
    def listens(context):
        seen = []
        for _ in range(3):
            value = yield context.wait_for_external_event("Item")
            seen.append(value)
            context.set_custom_status(len(seen))
        return seen

    app.orchestrators["listens"] = listens
    bench = await open_bench(app)
    instance_id = await bench.start("listens")
    await bench.until(instance_id, lambda state: state.status == "Running")
    for number in range(3):
        await bench.raise_event(instance_id, "Item", number)
        if number < 2:
            await bench.until(instance_id, lambda state, n=number: state.custom_status == str(n + 1))
    assert json.loads((await bench.result(instance_id)).output) == ["0", "1", "2"]


async def test_an_event_may_come_before_anybody_waits(app, open_bench):
    app.activities["echo"] = lambda value: value
    may_end = asyncio.Event()
    app.before["echo"] = may_end.wait

    def late(context):
        yield context.call_activity("echo", 1)
        value = yield context.wait_for_external_event("Early")
        return value

    app.orchestrators["late"] = late
    bench = await open_bench(app)
    instance_id = await bench.start("late")
    await bench.raise_event(instance_id, "Early", "bird")
    may_end.set()
    assert json.loads((await bench.result(instance_id)).output) == '"bird"'


# -- sub-orchestrations ----------------------------------------------------------------------------------------------


async def test_children_answer_their_parent(app, open_bench):
    def child(context):
        value = yield context.call_activity("echo", 1)
        return {"child": context.get_input(), "parent": context.parent_instance_id, "value": value}

    def parent(context):
        one = yield context.call_sub_orchestrator("child", {"n": 1})
        two = yield context.call_sub_orchestrator("child", 2, "my-child")
        return [one, two]

    app.activities["echo"] = lambda value: value
    app.orchestrators.update(child=child, parent=parent)
    bench = await open_bench(app)
    instance_id = await bench.start("parent")
    state = await bench.result(instance_id)
    assert json.loads(state.output) == [
        {"child": {"n": 1}, "parent": instance_id, "value": 1},
        {"child": 2, "parent": instance_id, "value": 1},
    ]
    assert (await bench.engine.instance("my-child")).status == "Completed"
    assert (await bench.engine.instance(f"{state.execution_id}:0")).status == "Completed"


async def test_a_failing_child_is_tried_again_under_new_ids(app, open_bench):
    app.activities["shaky"] = failing_times(2)

    def child(context):
        value = yield context.call_activity("shaky")
        return value

    def parent(context):
        value = yield context.call_sub_orchestrator_with_retry("child", RETRY)
        return value

    app.orchestrators.update(child=child, parent=parent)
    bench = await open_bench(app)
    instance_id = await bench.start("parent")
    state = await bench.result(instance_id)
    assert state.output == '"ok"'
    children = [await bench.engine.instance(f"{state.execution_id}:{task_id}") for task_id in (0, 2, 4)]
    assert [child.status for child in children] == ["Failed", "Failed", "Completed"]


@pytest.mark.parametrize(
    ("name", "child_id", "says"),
    [
        pytest.param("fails", None, "Orchestrator function 'fails' failed: Boom: inside", id="it fails"),
        pytest.param("nobody", None, "is not an orchestrator function", id="there is no such function"),
        pytest.param("waits", "taken", "already exists", id="its id is taken"),
    ],
)
async def test_a_child_s_failure_is_seen_by_the_parent(app, open_bench, name, child_id, says):
    def waits(context):
        yield context.wait_for_external_event("never")

    def parent(context):
        try:
            yield context.call_sub_orchestrator(name, None, child_id)
        except Exception as error:
            return str(error)

    app.orchestrators.update(parent=parent, waits=waits, fails=lambda _: boom("inside"))
    bench = await open_bench(app)
    await bench.start("waits", None, "taken")
    assert says in await bench.output("parent")


async def test_a_terminated_child_fails_its_parent_s_call_with_the_reason(app, open_bench):
    def waits(context):
        yield context.wait_for_external_event("never")

    def parent(context):
        yield context.call_sub_orchestrator("waits", None, "the-child")

    app.orchestrators.update(parent=parent, waits=waits)
    bench = await open_bench(app)
    instance_id = await bench.start("parent")
    await bench.until("the-child", lambda state: state.status == "Running")
    await bench.engine.terminate("the-child", "enough")
    assert "enough" in (await bench.result(instance_id)).output


# -- continue as new -------------------------------------------------------------------------------------------------


async def test_terminating_a_parent_leaves_its_children_and_activities_running_as_on_azure(app, open_bench, until):
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def hold():
        begun.set()
        await may_end.wait()

    app.before["work"] = hold
    app.activities["work"] = lambda value: value

    def parent(context):
        yield context.call_sub_orchestrator("child", 1, "the-child")

    def child(context):
        value = yield context.call_activity("work", context.get_input())
        return value

    app.orchestrators.update(parent=parent, child=child)
    bench = await open_bench(app)
    instance_id = await bench.start("parent")
    await asyncio.wait_for(begun.wait(), 10)
    assert (await bench.engine.terminate(instance_id, "enough")).accepted
    assert (await bench.result(instance_id)).status == "Terminated"
    assert (await bench.engine.instance("the-child")).status == "Running"
    may_end.set()
    assert (await bench.result("the-child")).output == "1"
    assert (await bench.result(instance_id)).output == '"enough"'  # the child's answer finds nobody


async def test_continuing_as_new_starts_over_with_an_empty_history(app, open_bench):
    app.activities["add"] = lambda value: value + 1

    def loops(context):
        value = yield context.call_activity("add", context.get_input())
        if value < 20:
            context.continue_as_new(value)
            return None
        return [value, len(context.histories)]

    app.orchestrators["loops"] = loops
    bench = await open_bench(app)
    value, events = await bench.output("loops", 0)
    assert value == 20
    assert events < 12


async def test_events_that_come_while_continuing_are_carried_over(app, open_bench, until):
    may_end = asyncio.Event()
    app.before["work"] = may_end.wait
    app.activities["work"] = lambda _: None

    def loops(context):
        seen = context.get_input()
        value = yield context.wait_for_external_event("Item")
        seen.append(json.loads(value))
        if len(seen) == 1:
            yield context.call_activity("work")
        if len(seen) < 4:
            context.continue_as_new(seen)
            return None
        return seen

    app.orchestrators["loops"] = loops
    bench = await open_bench(app)
    instance_id = await bench.start("loops", [])
    await bench.until(instance_id, lambda state: state.status == "Running")
    for number in range(4):
        await bench.raise_event(instance_id, "Item", number)
        if number == 0:
            await until(lambda: app.calls["work"] > 0)
            may_end.set()
            await bench.until(instance_id, lambda state: "[0]" in (state.input or ""))
    assert json.loads((await bench.result(instance_id)).output) == [0, 1, 2, 3]


# -- suspend, resume, terminate ---------------------------------------------------------------------------------------


async def test_a_suspended_orchestration_takes_no_turn_until_resumed(app, open_bench, until):
    may_end = asyncio.Event()
    app.before["work"] = may_end.wait
    app.activities["work"] = lambda _: "worked"

    def works(context):
        value = yield context.call_activity("work")
        return value

    app.orchestrators["works"] = works
    bench = await open_bench(app)
    instance_id = await bench.start("works")
    await bench.until(instance_id, lambda state: state.status == "Running")
    await bench.engine.suspend(instance_id, "lunch")
    await bench.until(instance_id, lambda state: state.status == "Suspended")
    turns = app.calls["works"]
    may_end.set()
    await until(lambda: app.calls["work"] > 0)
    await bench.engine.suspend(instance_id, "again")
    assert not await bench.engine.wait_finished(instance_id, 0.1)
    assert app.calls["works"] == turns
    await bench.engine.resume(instance_id, "back")
    assert (await bench.result(instance_id)).output == '"worked"'


async def test_a_suspended_orchestration_can_be_terminated(app, open_bench):
    def waits(context):
        yield context.wait_for_external_event("never")

    app.orchestrators["waits"] = waits
    bench = await open_bench(app)
    instance_id = await bench.start("waits")
    await bench.engine.suspend(instance_id, None)
    await bench.until(instance_id, lambda state: state.status == "Suspended")
    await bench.engine.terminate(instance_id, "enough")
    state = await bench.result(instance_id)
    assert (state.status, state.output) == ("Terminated", '"enough"')


# -- entities --------------------------------------------------------------------------------------------------------


def counter(context):
    total = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            total += context.get_input()
        case "fail":
            raise Boom("not today")
        case "remove":
            context.destruct_on_exit()
            return
    context.set_state(total)
    context.set_result(total)


async def test_an_orchestration_calls_and_signals_an_entity(app, open_bench):
    entity = df.EntityId("Counter", "it@home")

    def uses(context):
        context.signal_entity(entity, "add", 5)
        seven = yield context.call_entity(entity, "add", 2)
        try:
            yield context.call_entity(entity, "fail")
        except Exception as error:
            text = str(error)
        total = yield context.call_entity(entity, "get")
        return [seven, text, total]

    app.orchestrators["uses"] = uses
    app.entities["Counter"] = counter
    bench = await open_bench(app)
    assert await bench.output("uses") == [7, "not today", 7]


async def test_totals_are_right_when_many_add_at_once(app, open_bench):
    entity = df.EntityId("counter", "all")

    def adds(context):
        for _ in range(10):
            yield context.call_entity(entity, "add", 1)

    app.orchestrators["adds"] = adds
    app.entities["counter"] = counter
    bench = await open_bench(app)
    started = [await bench.start("adds") for _ in range(20)]
    for instance_id in started:
        assert (await bench.result(instance_id)).status == "Completed"
    assert '"200"' in (await bench.engine.instance("@counter@all")).input


async def test_an_entity_that_removed_itself_is_gone_and_may_come_back(app, open_bench):
    entity = df.EntityId("counter", "one")

    def uses(context):
        yield context.call_entity(entity, "add", 3)
        yield context.call_entity(entity, "remove")
        again = yield context.call_entity(entity, "add", 1)
        yield context.call_entity(entity, "remove")
        return again

    app.orchestrators["uses"] = uses
    app.entities["counter"] = counter
    bench = await open_bench(app)
    assert await bench.output("uses") == 1
    assert await bench.engine.instance("@counter@one") is None


async def test_calling_an_unknown_entity_fails_the_call(app, open_bench):
    def uses(context):
        try:
            yield context.call_entity(df.EntityId("nothing", "x"), "get")
        except Exception as error:
            return str(error)

    app.orchestrators["uses"] = uses
    bench = await open_bench(app)
    assert "is not an entity function" in await bench.output("uses")


async def test_several_entity_calls_are_awaited_together(app, open_bench):
    def uses(context):
        calls = [context.call_entity(df.EntityId("counter", str(n)), "add", n) for n in range(5)]
        values = yield context.task_all(calls)
        return values

    app.orchestrators["uses"] = uses
    app.entities["counter"] = counter
    bench = await open_bench(app)
    assert await bench.output("uses") == [0, 1, 2, 3, 4]


# -- durable HTTP ----------------------------------------------------------------------------------------------------


async def test_call_http_is_made_by_the_host(app, open_bench):
    async def answer(request):
        return web.json_response({"method": request.method, "body": await request.json(), "h": request.headers["X-A"]})

    site = web.Application()
    site.router.add_post("/", answer)
    async with TestServer(site) as server:
        url = str(server.make_url("/"))

        def calls(context):
            response = yield context.call_http("POST", url, {"x": 1}, {"X-A": "b"})
            return [response["statusCode"], json.loads(response["content"])]

        app.orchestrators["calls"] = calls
        bench = await open_bench(app)
        assert await bench.output("calls") == [200, {"method": "POST", "body": {"x": 1}, "h": "b"}]


async def test_call_http_to_nobody_fails_the_call(app, open_bench):
    def calls(context):
        try:
            yield context.call_http("GET", "http://127.0.0.1:1/")
        except Exception as error:
            return str(error)

    app.orchestrators["calls"] = calls
    bench = await open_bench(app)
    assert "Activity function 'BuiltIn::HttpActivity' failed: ConnectionRefusedError" in await bench.output("calls")


async def test_call_http_gives_up_when_nobody_answers_in_time(app, open_bench, monkeypatch):
    monkeypatch.setattr(http_activity, "TOTAL_TIMEOUT_S", 0.2)
    may_end = asyncio.Event()

    async def never(_request):
        await may_end.wait()
        return web.Response()

    def calls(context):
        try:
            yield context.call_http("GET", url)
        except Exception as error:
            return str(error)

    site = web.Application()
    site.router.add_get("/", never)
    async with TestServer(site) as server:
        url = str(server.make_url("/"))
        app.orchestrators["calls"] = calls
        bench = await open_bench(app)
        output = await bench.output("calls")
        may_end.set()
    assert "TimeoutError" in output


# -- rewind ----------------------------------------------------------------------------------------------------------


async def test_rewinding_runs_only_what_failed_also_in_children(app, open_bench):
    app.activities["good"] = lambda _: "good"
    app.activities["shaky"] = failing_times(1, "mended")

    def child(context):
        value = yield context.call_activity("shaky")
        return value

    def parent(context):
        first = yield context.call_activity("good")
        second = yield context.call_sub_orchestrator("child")
        return [first, second]

    app.orchestrators.update(child=child, parent=parent)
    bench = await open_bench(app)
    instance_id = await bench.start("parent")
    assert (await bench.result(instance_id)).status == "Failed"
    assert (await bench.engine.rewind(instance_id, "mended")).rewound
    state = await bench.result(instance_id)
    assert (state.status, json.loads(state.output)) == ("Completed", ["good", "mended"])
    assert app.calls["good"] == 1


async def test_rewinding_drops_the_attempts_of_a_retry_with_their_pauses(app, open_bench):
    app.activities["shaky"] = failing_times(3, "mended")

    def retries(context):
        value = yield context.call_activity_with_retry("shaky", RETRY)
        return value

    app.orchestrators["retries"] = retries
    bench = await open_bench(app)
    instance_id = await bench.start("retries")
    assert (await bench.result(instance_id)).status == "Failed"
    await bench.engine.rewind(instance_id, None)
    state = await bench.result(instance_id)
    assert (state.status, state.output) == ("Completed", '"mended"')


async def test_rewinding_forgets_what_the_failure_led_to(app, open_bench):
    app.activities.update(good=lambda value: value, shaky=failing_times(1, "mended"))
    app.entities["counter"] = counter
    entity = df.EntityId("counter", "x")

    def compensates(context):
        before = yield context.call_entity(entity, "add", 1)
        try:
            value = yield context.call_activity("shaky")
        except Exception:
            yield context.call_activity("good", "compensation")
            yield context.call_entity(entity, "add", 10)
            raise
        after = yield context.call_entity(entity, "add", 100)
        last = yield context.call_activity("good", "last")
        return [before, value, after, last]

    app.orchestrators["compensates"] = compensates
    bench = await open_bench(app)
    instance_id = await bench.start("compensates")
    assert (await bench.result(instance_id)).status == "Failed"
    await bench.engine.rewind(instance_id, None)
    assert json.loads((await bench.result(instance_id)).output) == [1, "mended", 111, "last"]


async def test_rewinding_keeps_what_succeeded_beside_the_failure(app, open_bench):
    app.activities.update(good=lambda value: value, shaky=failing_times(1, "mended"))

    def fan(context):
        calls = [context.call_activity("good", n) for n in range(4)]
        results = yield context.task_all([*calls[:2], context.call_activity("shaky"), *calls[2:]])
        return results

    app.orchestrators["fan"] = fan
    bench = await open_bench(app)
    instance_id = await bench.start("fan")
    assert (await bench.result(instance_id)).status == "Failed"
    await bench.engine.rewind(instance_id, None)
    assert json.loads((await bench.result(instance_id)).output) == [0, 1, "mended", 2, 3]
    assert app.calls["good"] == 4


# -- replacing and forgetting -----------------------------------------------------------------------------------------


async def test_any_state_may_be_replaced_if_host_json_says_so(app, open_bench, until):
    may_end = asyncio.Event()
    app.before["work"] = may_end.wait
    app.activities["work"] = lambda value: value

    def works(context):
        value = yield context.call_activity("work", context.get_input())
        event = yield context.wait_for_external_event("Go")
        return [value, event]

    app.orchestrators["works"] = works
    bench = await open_bench(app, DurableOptions(overridable_states="AnyState"))
    await bench.start("works", "old", "one")
    await until(lambda: app.calls["work"] == 1)
    await bench.raise_event("one", "Go", "for the old one")
    await bench.start("works", "new", "one")
    may_end.set()
    await bench.raise_event("one", "Go", "for the new one")
    assert json.loads((await bench.result("one")).output) == ["new", '"for the new one"']


async def test_histories_that_were_dropped_from_memory_are_read_again(app, open_bench):
    app.activities["add"] = lambda value: value + 1

    def counts(context):
        value = 0
        for _ in range(5):
            value = yield context.call_activity("add", value)
        yield context.call_entity(df.EntityId("counter", "x"), "add", value)
        return value

    app.orchestrators["counts"] = counts
    app.entities["counter"] = counter
    bench = await open_bench(app)
    bench.engine._instances._limit = 0  # nothing idle is worth its memory
    for instance_id in [await bench.start("counts") for _ in range(10)]:
        assert (await bench.result(instance_id)).output == "5"
    assert '"50"' in (await bench.engine.instance("@counter@x")).input


# -- starting later ---------------------------------------------------------------------------------------------------


def in_seconds(seconds):
    return clock.to_text(datetime.now(UTC) + timedelta(seconds=seconds))


async def test_a_scheduled_start_waits_for_its_time_also_over_a_restart(app, open_bench):
    app.orchestrators["tells"] = lambda context: context.instance_id
    first = await open_bench(app)
    due = in_seconds(0.5)
    await first.engine.start(NewInstance("tells", "later", start_at=due))
    assert (await first.engine.instance("later")).status == "Pending"
    await first.engine.close()
    second = await open_bench(app)
    assert app.calls["tells"] == 0
    state = await second.result("later")
    assert (state.status, state.output) == ("Completed", '"later"')
    assert state.updated_at >= due


@pytest.mark.parametrize("seconds", [0, -3600], ids=["now", "an hour ago"])
async def test_a_start_scheduled_for_the_past_is_a_start_now(app, open_bench, seconds):
    app.orchestrators["tells"] = lambda context: context.instance_id
    bench = await open_bench(app)
    await bench.engine.start(NewInstance("tells", "late", start_at=in_seconds(seconds)))
    assert (await bench.result("late", timeout_s=5)).output == '"late"'


async def test_an_event_before_a_scheduled_start_waits_for_it(app, open_bench):
    def listens(context):
        return (yield context.wait_for_external_event("Go"))

    app.orchestrators["listens"] = listens
    bench = await open_bench(app)
    await bench.engine.start(NewInstance("listens", "later", start_at=in_seconds(0.3)))
    await bench.raise_event("later", "Go", 7)
    assert (await bench.result("later")).output == '"7"'


async def test_a_scheduled_start_can_be_terminated_and_its_id_used_again(app, open_bench):
    app.orchestrators["tells"] = lambda context: context.get_input()
    bench = await open_bench(app)
    await bench.engine.start(NewInstance("tells", "later", start_at=in_seconds(0.4)))
    with pytest.raises(InstanceExistsError):
        await bench.start("tells", "too soon", "later")
    await bench.engine.terminate("later", "not needed")
    assert (await bench.result("later")).status == "Terminated"
    await bench.engine.start(NewInstance("tells", "later", '"\\"again\\""', start_at=in_seconds(0.6)))
    assert json.loads((await bench.result("later")).output) == "again"
    assert app.calls["tells"] == 1


# -- limits and lost workers ------------------------------------------------------------------------------------------


async def test_a_turn_or_activity_that_loses_its_worker_is_tried_again(app, open_bench):
    app.activities["echo"] = lambda value: value

    def calls(context):
        value = yield context.call_activity("echo", 1)
        return value

    app.orchestrators["calls"] = calls
    app.lose_next.update(calls=2, echo=2)
    bench = await open_bench(app)
    assert await bench.output("calls") == 1


async def test_work_that_keeps_losing_its_worker_is_given_up_with_a_reason_and_holds_nobody_up(app, open_bench):
    app.activities.update(kills=lambda _: None, echo=lambda value: value)

    def calls(context):
        value = yield context.call_activity(context.get_input(), 1)
        return value

    app.orchestrators.update(calls=calls, killer=calls)
    app.lose_next.update(kills=100, killer=100)
    bench = await open_bench(app, DurableOptions(max_attempts_per_turn=3, max_concurrent_orchestrators=1))
    killer, victim = await bench.start("killer", "echo"), await bench.start("calls", "kills")
    assert await bench.output("calls", "echo") == 1
    assert "worker process was lost 3 times" in (await bench.result(killer)).output
    state = await bench.result(victim)
    assert "Activity function 'kills' failed: The worker process was lost 3 times" in state.output
    assert app.calls["kills"] == 3


async def test_a_custom_status_beyond_16_kb_fails_the_orchestration(app, open_bench):
    def shows(context):
        context.set_custom_status("x" * 9000)
        return 1

    app.orchestrators["shows"] = shows
    bench = await open_bench(app)
    assert "16 KB" in (await bench.run("shows")).output


@pytest.mark.parametrize(
    ("status", "fits"),
    [
        pytest.param("x" * 8190, True, id="as much as fits, with its quotes"),
        pytest.param("x" * 8191, False, id="one more"),
        pytest.param("é" * 8000, True, id="no more for being no ASCII"),
        pytest.param("😀" * 4096, False, id="two units each beyond the basic plane"),
    ],
)
async def test_the_custom_status_is_measured_as_azure_does(app, open_bench, status, fits):
    def shows(context):
        context.set_custom_status(status)
        return 1

    app.orchestrators["shows"] = shows
    bench = await open_bench(app)
    assert (await bench.run("shows")).status == ("Completed" if fits else "Failed")


async def test_too_many_actions_fail_the_orchestration(app, open_bench):
    app.activities["echo"] = lambda value: value

    def fan(context):
        yield context.task_all([context.call_activity("echo", n) for n in range(3)])
        yield context.call_activity("echo", 1)

    app.orchestrators["fan"] = fan
    bench = await open_bench(app, DurableOptions(max_orchestration_actions=1))
    assert "maxOrchestrationActions" in (await bench.run("fan")).output


async def test_changed_code_is_found_out_with_the_event_and_both_names(app, open_bench, until):
    app.activities.update(one=lambda value: value, two=lambda value: value)

    def version(name):
        def orchestrator(context):
            yield context.call_activity(name)
            yield context.wait_for_external_event("Go")

        return orchestrator

    app.orchestrators["changes"] = version("one")
    bench = await open_bench(app)
    instance_id = await bench.start("changes")
    await until(lambda: app.calls["changes"] >= 2)
    app.orchestrators["changes"] = version("two")
    await bench.raise_event(instance_id, "Go")
    state = await bench.result(instance_id)
    assert state.status == "Failed"
    assert "event 0 (ScheduleActivity one)" in state.output
    assert "asks for ScheduleActivity two" in state.output


async def test_the_version_given_or_the_default_is_seen(app, open_bench):
    app.orchestrators["child"] = lambda context: context.version

    def parent(context):
        plain = yield context.call_sub_orchestrator("child")
        named = yield context.call_sub_orchestrator("child", None, None, "9.9")
        return [context.version, plain, named]

    app.orchestrators["parent"] = parent
    bench = await open_bench(app, DurableOptions(default_version="1.2"))
    assert await bench.output("parent") == ["1.2", "1.2", "9.9"]
