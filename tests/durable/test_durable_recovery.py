"""What an engine that ended at any moment leaves behind is taken up by the next one."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from local_azure.functions_host.durable.engine import DurableEngine
from local_azure.functions_host.durable.store import Store, StoreInUseError
from local_azure.functions_host.ports import DurableOptions

ROOT = Path(__file__).parents[2]

# Runs until it is killed. Activities leave a line each in a file, so that runs can be counted over all lives.
HOST = """
import asyncio, json, sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
import azure.durable_functions as df
from azure.durable_functions import Entity, Orchestrator
from local_azure.functions_host.durable.engine import DurableEngine, InstanceExistsError, NewInstance
from local_azure.functions_host.ports import AppModel, DurableOptions, FunctionInfo, FunctionKind, InvocationResult

folder, count = Path(sys.argv[1]), int(sys.argv[2])
ledger = open(folder / "ledger", "a", buffering=1)

def story(context):
    number = context.get_input()
    first = yield context.call_activity("double", number)
    rest = yield context.task_all([context.call_activity("double", first + n) for n in range(3)])
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=20))
    child = yield context.call_sub_orchestrator("child", number)
    total = yield context.call_entity(df.EntityId("counter", str(number)), "add", 1)
    context.signal_entity(df.EntityId("counter", "all"), "add", 1)
    return [first, *rest, child, total]

def child(context):
    value = yield context.call_activity("double", context.get_input())
    if value < 1000:
        context.continue_as_new(value)
        return None
    return value

def counter(context):
    total = context.get_state(lambda: 0) + context.get_input()
    context.set_state(total)
    context.set_result(total)

class Sdk:
    async def invoke(self, function, payload, *, metadata=None):
        await asyncio.sleep(0)
        context = SimpleNamespace(body=payload)
        if function.kind is FunctionKind.ORCHESTRATOR:
            return InvocationResult(Orchestrator.create({"story": story, "child": child}[function.name])(context))
        if function.kind is FunctionKind.ENTITY:
            return InvocationResult(Entity.create(counter)(context))
        ledger.write(metadata["instanceId"] + "\\n")
        return InvocationResult(json.dumps(2 * json.loads(payload)))

def info(name, kind):
    return FunctionInfo(name, kind, ({"type": kind.value, "direction": "IN", "name": "context"},))

async def main():
    model = AppModel((info("story", FunctionKind.ORCHESTRATOR), info("child", FunctionKind.ORCHESTRATOR),
                      info("double", FunctionKind.ACTIVITY), info("counter", FunctionKind.ENTITY)))
    engine = await DurableEngine.open(folder / "durable.db", model, Sdk(), DurableOptions())
    started = set()
    accepted = folder / "accepted"
    for number in range(1, count + 1):
        if await engine.instance(f"story-{number}") is None:
            try:
                await engine.start(NewInstance("story", f"story-{number}", json.dumps(json.dumps(number))))
            except InstanceExistsError:
                pass
        with accepted.open("a") as file:
            file.write(f"story-{number}\\n")
    for number in range(1, count + 1):
        await engine.wait_finished(f"story-{number}", 60)
    state = None
    while state is None or f'"{count}"' not in state.input:
        state = await engine.instance("@counter@all")
        await asyncio.sleep(0.01)
    await engine.close()
    print("all done")

asyncio.run(main())
"""


async def _begin(folder: Path, count: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", HOST, str(folder), str(count)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )


def _runs(folder: Path) -> Counter[str]:
    """Count the activities that have begun, by instance."""
    ledger = folder / "ledger"
    return Counter(ledger.read_text().split()) if ledger.exists() else Counter()


def _unfinished(folder: Path) -> Counter[str]:
    """Count the activities without an outcome on disk, by instance."""
    with contextlib.closing(sqlite3.connect(folder / "durable.db")) as connection:
        rows = connection.execute("SELECT instance_id, count(*) FROM activities GROUP BY instance_id")
        return Counter(dict(rows.fetchall()))


async def _kill_after(process: asyncio.subprocess.Process, folder: Path, runs: int, then_s: float) -> None:
    """Kill the host when so many more activities have begun, and a moment more has passed."""
    goal = _runs(folder).total() + runs
    async with asyncio.timeout(60):
        while _runs(folder).total() < goal and process.returncode is None:  # noqa: ASYNC110  (another process is watched)
            await asyncio.sleep(0.002)
    await asyncio.sleep(then_s)  # the moment is arbitrary on purpose
    assert process.returncode is None, "the host was done before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()


@pytest.mark.timeout(180)
async def test_killed_again_and_again_the_results_are_the_same_and_nothing_accepted_is_lost(tmp_path):
    count, lives, chance = 40, 6, random.Random(7)
    lost: Counter[str] = Counter()
    for _ in range(lives):
        await _kill_after(await _begin(tmp_path, count), tmp_path, chance.randint(1, 40), chance.random() * 0.05)
        lost += _unfinished(tmp_path)
    process = await _begin(tmp_path, count)
    output, _ = await asyncio.wait_for(process.communicate(), 90)
    assert output.decode().strip() == "all done"
    with sqlite3.connect(tmp_path / "durable.db") as connection:
        found = dict(connection.execute("SELECT id, output FROM instances WHERE id LIKE 'story-%'").fetchall())
        (total,) = connection.execute(
            "SELECT x.text FROM instances i JOIN inputs x USING (key) WHERE i.id = '@counter@all'"
        ).fetchone()
        left = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("inbox", "activities")]
    needed = 0
    for number in range(1, count + 1):
        child = number
        needed += 5
        while (child := 2 * child) < 1000:
            needed += 1
        doubled = 2 * number
        expected = [doubled, 2 * doubled, 2 * doubled + 2, 2 * doubled + 4, child, 1]
        assert json.loads(found[f"story-{number}"]) == expected
    # One signal each, however often the turn that sent it was repeated.
    assert json.loads(total)["state"] == str(count)
    assert left == [0, 0]
    # At least once; and once more at most for each time that the host died without the outcome on disk.
    runs = _runs(tmp_path)
    assert needed <= runs.total() <= needed + lost.total()
    for story in found:
        assert 4 <= runs[story] <= 4 + lost[story], story
    accepted = set((tmp_path / "accepted").read_text().split())
    assert accepted == set(found)


async def test_a_closed_engine_s_work_goes_on_in_the_next(app, open_bench):
    reached, may_end = asyncio.Event(), asyncio.Event()

    async def hold():
        reached.set()
        await may_end.wait()

    app.before["work"] = hold
    app.activities["work"] = lambda value: value

    def works(context):
        value = yield context.call_activity("work", 1)
        event = yield context.wait_for_external_event("Go")
        return [value, event]

    app.orchestrators["works"] = works
    bench = await open_bench(app)
    instance_id = await bench.start("works")
    await asyncio.wait_for(reached.wait(), 10)
    await bench.raise_event(instance_id, "Go", 2)
    may_end.set()
    await bench.engine.close()
    bench = await open_bench(app)
    assert json.loads((await bench.result(instance_id)).output) == [1, "2"]


async def test_a_timer_that_came_due_while_no_engine_ran_fires_at_once(app, open_bench):
    def sleeps(context):
        yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=200))
        return "awake"

    app.orchestrators["sleeps"] = sleeps
    bench = await open_bench(app)
    instance_id = await bench.start("sleeps")
    await bench.until(instance_id, lambda state: state.status == "Running")
    await bench.engine.close()
    await asyncio.sleep(0.25)  # the time itself is what is tested
    bench = await open_bench(app)
    assert (await bench.result(instance_id, 5)).output == '"awake"'


async def test_lost_workers_are_counted_across_restarts(app, open_bench, until):
    app.activities["kills"] = lambda _: None

    def calls(context):
        yield context.call_activity("kills")

    app.orchestrators["calls"] = calls
    app.lose_next["kills"] = 2
    bench = await open_bench(app, DurableOptions(max_attempts_per_turn=3))
    instance_id = await bench.start("calls")
    await until(lambda: app.calls["kills"] >= 2)
    await bench.engine.close()
    app.lose_next["kills"] = 1
    bench = await open_bench(app, DurableOptions(max_attempts_per_turn=3))
    assert "lost 3 times" in (await bench.result(instance_id)).output


async def test_a_store_has_one_host_at_a_time(app, open_bench, tmp_path):
    await open_bench(app)
    with pytest.raises(StoreInUseError):
        await Store.open(tmp_path / "durable.db", wait_s=0.1)


async def test_an_engine_waits_for_the_one_before_it_to_end(app, open_bench, tmp_path):
    bench = await open_bench(app)
    opening = asyncio.create_task(DurableEngine.open(tmp_path / "durable.db", app.model, app, DurableOptions()))
    await asyncio.sleep(0)
    await bench.engine.close()
    engine = await asyncio.wait_for(opening, 10)
    await engine.close()
