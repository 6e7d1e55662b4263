"""What a turn, a chain and a fan-out cost: counted in turns, commits, statements and rows looked at, not in seconds."""

import asyncio
import re
import sqlite3

import azure.durable_functions as df
import pytest

from local_azure.functions_host.durable import clock, held_outcomes, schema
from local_azure.functions_host.durable import engine as engine_module
from local_azure.functions_host.durable import history as h
from local_azure.functions_host.durable.engine import NewInstance
from local_azure.functions_host.durable.queries import InstanceFilter, instance_page
from local_azure.functions_host.durable.records import Status
from local_azure.functions_host.durable.wire_v1.answer import Answer
from local_azure.functions_host.durable.wire_v1.replay import replay
from local_azure.functions_host.ports import DurableOptions

NOW = "2030-01-01T00:00:00.000000Z"
BEGIN = [h.orchestrator_started(NOW), {"EventType": h.EXECUTION_STARTED, "EventId": -1}]
A_MINUTE_S = 60.0


def act():
    return {"actionType": 0, "functionName": "work", "input": '"x"'}


def retried():
    options = {"firstRetryIntervalInMilliseconds": 1000, "maxNumberOfAttempts": 3}
    return {"actionType": 1, "functionName": "work", "input": '"x"', "retryOptions": options}


def timer():
    return {"actionType": 5, "fireAt": NOW, "isCanceled": False}


def event():
    return {"actionType": 6, "externalEventName": "go", "reason": "ExternalEvent"}


def any_of(*members):
    return {"actionType": 11, "compoundActions": list(members)}


def all_of(*members):
    return {"actionType": 12, "compoundActions": list(members)}


@pytest.fixture
def statements(monkeypatch):
    """Collect every statement, with its values, that any connection of the store runs from now on."""
    seen: list[str] = []

    def traced(connect):
        def connect_traced(path):
            connection = connect(path)
            connection.set_trace_callback(seen.append)
            return connection

        return connect_traced

    for name in ("connect_writer", "connect_reader"):
        monkeypatch.setattr(schema, name, traced(getattr(schema, name)))
    return seen


@pytest.fixture
def patient(monkeypatch):
    """Give turns all the time they may need on a busy machine to carry along what waits for them."""
    monkeypatch.setattr(engine_module, "FIRST_TURN_S", A_MINUTE_S)
    monkeypatch.setattr(held_outcomes, "HOLD_S", A_MINUTE_S)


def with_chain(app):
    @app.orchestrator
    def chain(context):
        value = context.get_input()
        for _ in range(3):
            value = yield context.call_activity("add", value)
        return value

    app.activities["add"] = lambda value: value + 1
    return app


@pytest.mark.parametrize(
    ("actions", "events", "awaits"),
    [
        pytest.param([act()], [], 1, id="one activity"),
        pytest.param([all_of(*[act()] * 5)], [], 5, id="all of five"),
        pytest.param([all_of(*[act()] * 5)], [h.task_completed(3, "1", NOW)], 4, id="all of five, one came"),
        pytest.param([any_of(*[act()] * 5)], [], 1, id="any of five"),
        pytest.param([any_of(all_of(*[act()] * 5), timer())], [], 5, id="all of five, or a timer"),
        pytest.param([any_of(all_of(*[act()] * 5), all_of(act(), event()))], [], 2, id="the cheaper of two groups"),
        pytest.param([all_of(*[any_of(act(), act())] * 3)], [], 3, id="all of three pairs, any of each"),
        pytest.param([all_of(timer(), timer())], [], 1, id="nothing but timers"),
        pytest.param([all_of(retried(), retried())], [], 2, id="two with retries"),
        pytest.param([all_of(retried(), act())], [h.task_failed(0, "", "", NOW)], 1, id="one in a pause"),
        pytest.param([event()], [], 1, id="an external event"),
    ],
)
def test_a_turn_knows_how_many_results_must_come_before_the_next(actions, events, awaits):
    first = replay(Answer(tuple(actions)), BEGIN, instance_id="i", execution_id="e")
    recorded = [
        h.task_scheduled(d.id, "work", "", NOW) if hasattr(d, "name") else h.timer_created(d.id, NOW, NOW)
        for d in first.decisions
    ]
    outcome = replay(Answer(tuple(actions)), [*BEGIN, *recorded, *events], instance_id="i", execution_id="e")
    assert outcome.awaits == awaits


async def test_a_fan_out_of_a_thousand_takes_two_turns(app, open_bench):
    @app.orchestrator
    def fan_out(context):
        results = yield context.task_all([context.call_activity("double", n) for n in range(1000)])
        return sum(results)

    app.activities["double"] = lambda n: 2 * n
    bench = await open_bench(app)
    assert await bench.output("fan_out") == 999_000
    assert app.calls["fan_out"] == 2


async def test_a_failure_among_many_is_told_at_once(app, open_bench):
    gate = asyncio.Event()

    @app.orchestrator
    def fan_out(context):
        try:
            yield context.task_all([context.call_activity("waits", 1), context.call_activity("fails", 2)])
        except Exception:
            context.set_custom_status("one has failed")
            yield context.task_all([])

    app.activities.update(waits=lambda _: None, fails=lambda _: 1 / 0)
    app.before["waits"] = gate.wait
    bench = await open_bench(app)
    instance_id = await bench.start("fan_out")
    await bench.until(instance_id, lambda state: state.custom_status == '"one has failed"')
    gate.set()


async def test_a_retry_does_not_wait_for_the_others(app, open_bench, until):
    gate = asyncio.Event()

    @app.orchestrator
    def fan_out(context):
        again = context.call_activity_with_retry("shaky", df.RetryOptions(1, 2), 1)
        results = yield context.task_all([context.call_activity("waits", 0), again])
        return results

    def shaky(_):
        if app.calls["shaky"] < 2:
            raise ValueError("not yet")
        return "steady"

    app.activities.update(waits=lambda _: "waited", shaky=shaky)
    app.before["waits"] = gate.wait
    bench = await open_bench(app)
    instance_id = await bench.start("fan_out")
    await until(lambda: app.calls["shaky"] == 2)
    gate.set()
    assert (await bench.result(instance_id)).output == '["waited","steady"]'


async def test_a_suspension_reaches_an_instance_that_waits_for_many(app, open_bench):
    gate = asyncio.Event()

    @app.orchestrator
    def fan_out(context):
        yield context.task_all([context.call_activity("waits", n) for n in range(3)])

    app.activities["waits"] = lambda _: None
    app.before["waits"] = gate.wait
    bench = await open_bench(app)
    instance_id = await bench.start("fan_out")
    await bench.until(instance_id, lambda state: state.status == "Running")
    await bench.engine.suspend(instance_id, None)
    await bench.until(instance_id, lambda state: state.status == "Suspended")
    gate.set()
    await bench.engine.resume(instance_id, None)
    assert (await bench.result(instance_id)).status == "Completed"


@pytest.mark.usefixtures("patient")
async def test_a_chain_of_three_activities_is_four_commits_of_few_statements(app, open_bench, statements):
    bench = await open_bench(with_chain(app))
    await bench.output("chain", 1)
    statements.clear()
    instance_id = await bench.engine.start(NewInstance("chain", None, '"1"', is_awaited=True))
    assert (await bench.result(instance_id)).output == "4"
    assert statements.count("COMMIT") == 4
    assert len(statements) <= 30, statements


@pytest.mark.usefixtures("patient")
async def test_no_more_outcomes_wait_for_their_turn_than_activities_may_run(app, open_bench, until):
    @app.orchestrator
    def fan_out(context):
        yield context.task_all([context.call_activity("work", n) for n in range(100)])

    async def hold_the_second_turn():
        if app.calls["fan_out"] == 2:
            await gate.wait()

    gate = asyncio.Event()
    app.activities["work"] = lambda n: n
    app.before["fan_out"] = hold_the_second_turn
    bench = await open_bench(app, DurableOptions(max_concurrent_activities=4))
    instance_id = await bench.start("fan_out")
    await until(lambda: app.calls["fan_out"] == 2)
    # After a write of its own everything that was written before is on disk.
    await bench.raise_event(instance_id, "nothing")
    assert 1 <= await bench.engine.store.read(activities_left) <= 4
    gate.set()
    await bench.result(instance_id)
    assert await bench.engine.store.read(activities_left) == 0


async def test_nothing_the_engine_asks_the_store_looks_at_every_instance(app, open_bench, statements, tmp_path):
    with_chain(app)

    @app.orchestrator
    def story(context):
        yield context.call_sub_orchestrator("chain", 1)
        yield context.wait_for_external_event("go")
        yield context.create_timer(context.current_utc_datetime)
        yield context.call_entity(df.EntityId("c", "a"), "add", 1)
        return 1

    @app.orchestrator
    def again(context):
        if context.get_input() < 2:
            context.continue_as_new(context.get_input() + 1)

    @app.orchestrator
    def fails(context):
        yield context.call_activity("add", None)

    @app.entity
    def c(context):
        context.set_state(context.get_state(lambda: 0) + 1)

    bench = await open_bench(app)
    instance_id = await bench.start("story", instance_id="told")
    await bench.raise_event(instance_id, "go")
    await bench.result(instance_id)
    await bench.run("again", 0)
    failed = await bench.run("fails")
    await bench.engine.rewind(failed.id, None)
    await bench.engine.terminate(failed.id, None)
    await bench.result(failed.id)
    await bench.start("story", instance_id="told")
    unfinished = frozenset({Status.RUNNING, Status.PENDING})
    for wanted in (
        InstanceFilter(),
        InstanceFilter(statuses=unfinished),
        InstanceFilter(id_prefix="to"),
        InstanceFilter(created_from=NOW, created_to=NOW),
    ):
        await bench.engine.store.read(instance_page(wanted, after=0, top=10, with_input=True))
    await bench.engine.purge(failed.id)
    await bench.engine.purge_by(InstanceFilter(created_from=NOW))
    await bench.engine.close()
    asked = {statement for statement in statements if re.match(r"SELECT|UPDATE|DELETE|INSERT", statement)}
    assert len(asked) > 50
    assert scans(asked, tmp_path / "durable.db") == {}


def activities_left(connection):
    return connection.execute("SELECT count(*) FROM activities").fetchone()[0]


def scans(asked, path):
    """Return the plans that walk a whole table of instances, by statement; what is in hand is few rows."""
    found = {}
    with sqlite3.connect(path) as connection:
        for statement in asked:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            if any(re.match(r"SCAN (i|x|instances|inputs|history)\b", step) for step in plan):
                found[statement] = plan
    return found


@pytest.mark.parametrize(
    ("wall_clock", "given"),
    [
        pytest.param(["10:00", "10:01"], ["10:00", "10:01"], id="it goes on"),
        pytest.param(["10:00", "09:30", "10:01"], ["10:00", "10:00", "10:01"], id="set back a little"),
        pytest.param(["10:00", "08:00", "08:01"], ["10:00", "08:00", "08:01"], id="put right after it was wrong"),
    ],
)
def test_creation_times_keep_the_order_of_keys(monkeypatch, wall_clock, given):
    moments = iter(f"2030-01-01T{time}:00.000000Z" for time in wall_clock)
    monkeypatch.setattr(clock, "utc_now", lambda: next(moments))
    steady = clock.SteadyClock("2029-12-31T00:00:00.000000Z")
    assert [steady()[11:16] for _ in wall_clock] == given


async def test_a_page_by_time_begins_at_its_place_among_the_keys(app, open_bench):
    @app.orchestrator
    def nothing(_context):
        return 1

    bench = await open_bench(app)
    states = [await bench.run("nothing") for _ in range(5)]
    times = [state.created_at for state in states]
    for wanted, expected in (
        (InstanceFilter(created_from=times[2]), states[2:]),
        (InstanceFilter(created_to=times[2]), states[:3]),
        (InstanceFilter(created_from=times[1], created_to=times[3]), states[1:4]),
        (InstanceFilter(created_from=clock.add_milliseconds(times[4], 1)), []),
        (InstanceFilter(created_to=NOW), states),
    ):
        page = await bench.engine.store.read(instance_page(wanted, after=0, top=10, with_input=False))
        assert [state.id for state in page.instances] == [state.id for state in expected]
