"""The worker pool as the durable engine uses it, on real workers."""

import asyncio
import json
import os
import signal

import pytest

from local_azure.functions_host.app_model import build_app
from local_azure.functions_host.ports import FunctionKind, UserError, WorkerLost
from local_azure.functions_host.workers.backoff import LONGEST_DELAY_S, next_delay
from local_azure.functions_host.workers.pool import PoolOptions, WorkerPool
from local_azure.functions_host.workers.process import WorkerSpec

APP = """
import asyncio, os, time
import azure.functions as func
import azure.durable_functions as df
app = df.DFApp()

@app.orchestration_trigger(context_name="context")
def chain(context):
    done = yield context.call_activity("give", {"text": context.get_input()})
    return done

@app.orchestration_trigger(context_name="context")
def fails(context):
    raise ValueError("no\\n'quoted' \\"ü\\"")
    yield

@app.activity_trigger(input_name="x")
def give(x):
    return x

@app.activity_trigger(input_name="x")
async def wait_and_give(x):
    await asyncio.sleep(0.01)
    return x

@app.activity_trigger(input_name="x")
def raises(x):
    raise KeyError(x)

@app.activity_trigger(input_name="x")
def hangs(x):
    time.sleep(60)

@app.activity_trigger(input_name="x")
def pid(x):
    time.sleep(0.05)
    return os.getpid()

@app.entity_trigger(context_name="context")
def counter(context):
    value = context.get_state(lambda: 0) + context.get_input()
    context.set_state(value)
    context.set_result(value)
"""


class Loaded:
    """A pool with the app in it."""

    def __init__(self, pool, model):
        self.pool = pool
        self.model = model

    async def run(self, kind, name, payload):
        return await self.pool.invoke(self.model.durable(kind, name), payload, metadata={"instanceId": "i"})

    async def activity(self, name, value):
        return await self.run(FunctionKind.ACTIVITY, name, json.dumps(value))


@pytest.fixture
async def load(tmp_path, write_app):
    pools = []

    async def loaded(source=APP, **options):
        spec = WorkerSpec(write_app(tmp_path / "app", source), dict(os.environ))
        pool = WorkerPool(spec, PoolOptions(**options))
        pools.append(pool)
        report = await pool.load()
        pool.keep_running()
        return Loaded(pool, build_app(report.header["functions"], {}).model)

    yield loaded
    for pool in pools:
        await pool.stop()


def orchestrator_request(*, orchestration_input):
    started = {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": "2026-11-23T10:00:00Z"}
    begun = {
        **started,
        "EventType": 0,
        "Name": "chain",
        "Version": "",
        "Input": json.dumps(orchestration_input),
        "ParentInstance": None,
    }
    return json.dumps(
        {
            "history": [started, begun],
            "input": json.dumps(orchestration_input),
            "instanceId": "i",
            "parentInstanceId": None,
            "isReplaying": False,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
            "maximumShortTimerDuration": None,
            "longRunningTimerIntervalDuration": None,
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
    )


async def test_an_orchestrator_answers_with_its_actions(load):
    app = await load()
    result = await app.run(FunctionKind.ORCHESTRATOR, "Chain", orchestrator_request(orchestration_input="ü"))
    answer = json.loads(result.value)
    assert (answer["isDone"], result.error) == (False, None)
    ((action,),) = answer["actions"]
    assert (action["functionName"], json.loads(action["input"])) == ("give", {"text": "ü"})


async def test_a_worker_that_is_killed_while_it_loads_the_app_is_replaced(load, tmp_path):
    met = tmp_path / "met"
    dies_once = (
        f"import os\nif not os.path.exists({str(met)!r}):\n    open({str(met)!r}, 'x')\n    os.kill(os.getpid(), 9)\n"
    )
    app = await load(source=dies_once + APP)
    assert (await app.activity("give", 7)).value == "7"


async def test_a_failing_orchestrators_message_arrives_unescaped(load):
    app = await load()
    result = await app.run(FunctionKind.ORCHESTRATOR, "fails", orchestrator_request(orchestration_input=1))
    text, label, state = result.error.message.partition("\n\n$OutOfProcData$:")
    assert text == "no\n'quoted' \"ü\""
    assert label
    assert json.loads(state)["error"] == text


@pytest.mark.parametrize("name", ["give", "wait_and_give"])
@pytest.mark.parametrize(
    "value", ["text", 5, {"a": [1, None]}, "ü" * 100_000], ids=["text", "number", "object", "large"]
)
async def test_an_activity_gives_back_json(load, name, value):
    app = await load()
    result = await app.activity(name, value)
    assert json.loads(result.value) == value


async def test_an_activity_that_returns_none_has_no_value(load):
    app = await load()
    result = await app.activity("give", None)
    assert (result.value, result.error) == (None, None)


async def test_an_activity_that_raises_is_an_error_with_type_message_and_traceback(load):
    app = await load()
    result = await app.activity("raises", "k")
    assert result.error == UserError("KeyError", "'k'", result.error.traceback)
    assert 'function_app.py", line' in result.error.traceback
    assert "serving.py" not in result.error.traceback


async def test_an_entity_runs_a_batch(load):
    app = await load()
    request = {
        "self": {"name": "counter", "key": "k"},
        "exists": False,
        "state": None,
        "batch": [{"name": "add", "input": json.dumps("5"), "isSignal": False}] * 2,
    }
    result = await app.run(FunctionKind.ENTITY, "COUNTER", json.dumps(request))
    answer = json.loads(result.value)
    assert (answer["entityState"], [entry["result"] for entry in answer["results"]]) == ("10", ["5", "10"])


async def test_invocations_of_a_killed_worker_are_lost_and_the_next_succeed(load):
    app = await load()
    running = [asyncio.create_task(app.activity("hangs", n)) for n in range(2)]
    pid = json.loads((await app.activity("pid", None)).value)
    os.kill(pid, signal.SIGKILL)
    outcomes = await asyncio.gather(*running, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [WorkerLost, WorkerLost]
    assert "signal 9" in str(outcomes[0])
    assert json.loads((await app.activity("pid", None)).value) != pid


async def test_an_invocation_that_runs_too_long_is_lost(load):
    app = await load(function_timeout_s=0.5)
    with pytest.raises(WorkerLost, match=r"function hangs ran longer than the function time-out of 0.5 s"):
        await app.activity("hangs", None)
    assert (await app.activity("give", 1)).value == "1"


async def test_work_is_spread_over_all_workers(load, eventually):
    app = await load(size=3)
    async with asyncio.timeout(20):
        while len(app.pool.pids) < 3:  # noqa: ASYNC110 - the workers are other processes
            await asyncio.sleep(0.02)
    results = await asyncio.gather(*(app.activity("pid", None) for _ in range(12)))
    assert {json.loads(result.value) for result in results} == set(app.pool.pids)


async def test_stopping_loses_what_runs(load):
    app = await load()
    running = asyncio.create_task(app.activity("hangs", None))
    await app.activity("give", 1)
    await app.pool.stop()
    with pytest.raises(WorkerLost):
        await running
    with pytest.raises(WorkerLost, match="stopping"):
        await app.activity("give", 1)


async def test_an_interpreter_that_cannot_be_run_is_a_lost_worker(tmp_path, write_app):
    app = write_app(tmp_path / "app", APP)
    python = app / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("not a program")
    with pytest.raises(WorkerLost, match="could not be started"):
        await WorkerPool(WorkerSpec(app, {}), PoolOptions()).load()


def test_the_wait_before_a_replacement_doubles_and_starts_over():
    delays, delay = [], 0.0
    for _ in range(9):
        delay = next_delay(delay, lived_s=1)
        delays.append(delay)
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_DELAY_S, LONGEST_DELAY_S, LONGEST_DELAY_S]
    assert next_delay(delay, lived_s=6) == 0.1
