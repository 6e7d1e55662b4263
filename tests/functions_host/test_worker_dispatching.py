"""Where a worker runs what: quick functions on the reading thread, slow ones beside it, nothing behind those."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from local_azure.functions_host.app_model import build_app
from local_azure.functions_host.ports import FunctionKind
from local_azure.functions_host.worker.pace import LIMIT, MOST, QUICK_S, SLOW_S, Pace
from local_azure.functions_host.workers.pool import PoolOptions, WorkerPool
from local_azure.functions_host.workers.process import WorkerSpec

APP = """
import asyncio, os, threading, time
import azure.functions as func
import azure.durable_functions as df
app = df.DFApp()
gates = {}

@app.activity_trigger(input_name="x")
def thread(x):
    return threading.current_thread().name

@app.activity_trigger(input_name="x")
def own_pid(x):
    return os.getpid()

@app.activity_trigger(input_name="x")
def sleeps(x):
    time.sleep(x)
    return threading.current_thread().name

@app.activity_trigger(input_name="gate")
def waits(gate):
    gates.setdefault(gate, threading.Event()).wait(30)
    return gate

@app.activity_trigger(input_name="gate")
def opens(gate):
    gates.setdefault(gate, threading.Event()).set()
    return gate

@app.activity_trigger(input_name="gate")
async def opens_later(gate):
    await asyncio.sleep(0.01)
    gates.setdefault(gate, threading.Event()).set()
    return gate
"""


@pytest.fixture
async def call(tmp_path, write_app):
    own_worker = {**os.environ, "LOCAL_AZURE_WORKER": ""}
    pool = WorkerPool(WorkerSpec(write_app(tmp_path / "app", APP), own_worker), PoolOptions())
    report = await pool.load()
    pool.keep_running()
    model = build_app(report.header["functions"], {}).model

    async def invoke(name, value=None):
        result = await pool.invoke(model.durable(FunctionKind.ACTIVITY, name), json.dumps(value))
        assert result.error is None
        return json.loads(result.value)

    yield invoke
    await pool.stop()


async def test_quick_functions_run_where_their_frames_are_read(call):
    threads = [await call("thread") for _ in range(20)]
    # Not all of them for sure: a run may have to wait for a busy processor.
    assert threads.count("host-reader") > 10


async def test_a_function_that_is_slow_twice_goes_to_the_pool(call):
    threads = [await call("sleeps", SLOW_S) for _ in range(4)]
    assert [name.split("_")[0] for name in threads] == ["host-reader", "host-reader", "function", "function"]


async def test_a_function_that_blocks_the_reading_thread_holds_nobody_up(call):
    waiting = asyncio.create_task(call("waits", "a"))
    await asyncio.sleep(0)
    assert await call("opens", "a") == "a"
    assert await waiting == "a"


async def test_a_blocked_function_is_freed_by_an_async_one_behind_it(call):
    waiting = asyncio.create_task(call("waits", "b"))
    await asyncio.sleep(0)
    assert await call("opens_later", "b") == "b"
    assert await waiting == "b"


async def test_answers_are_not_mixed_up_when_many_calls_block_at_once(call):
    gates = [f"g{number}" for number in range(5)]
    waiting = [asyncio.create_task(call("waits", gate)) for gate in gates]
    quick = await asyncio.gather(*(call("opens", gate) for gate in gates), *(call("thread") for _ in range(50)))
    assert quick[:5] == gates
    assert await asyncio.gather(*waiting) == gates


async def test_a_worker_without_work_sleeps(call):
    pid = await call("own_pid")
    switches, now = -1, voluntary_switches(pid)
    async with asyncio.timeout(30):
        while now != switches:
            await asyncio.sleep(0.5)
            switches, now = now, voluntary_switches(pid)


def voluntary_switches(pid):
    """Count how often any thread of a process has gone to sleep."""
    statuses = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    lines = [line for status in statuses for line in status.splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


@pytest.mark.parametrize(
    ("runs", "is_quick"),
    [
        pytest.param([], True, id="nothing known yet"),
        pytest.param([QUICK_S / 2] * 9, True, id="always quick"),
        pytest.param([QUICK_S] * 9, True, id="neither quick nor slow"),
        pytest.param([SLOW_S], True, id="slow once"),
        pytest.param([SLOW_S, SLOW_S], False, id="slow twice"),
        pytest.param([SLOW_S, QUICK_S / 2, SLOW_S], True, id="slow now and then"),
        pytest.param([*[SLOW_S, QUICK_S / 2] * 2, SLOW_S], False, id="slow every other time"),
        pytest.param([SLOW_S] * 100 + [QUICK_S / 2] * (MOST - LIMIT), False, id="was slow for long, not proven yet"),
        pytest.param([SLOW_S] * 100 + [QUICK_S / 2] * (MOST - LIMIT + 1), True, id="was slow for long, proven again"),
    ],
)
def test_a_function_is_quick_until_it_is_slow_more_often_than_not(runs, is_quick):
    pace = Pace()
    for seconds in runs:
        pace.note(seconds)
    assert pace.is_quick is is_quick
