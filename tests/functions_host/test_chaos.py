"""A thousand orchestrations of every kind, started while their host is killed twenty times at random moments."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

pytestmark = pytest.mark.timeout(300)

ORCHESTRATIONS = 1000
KILLS = 20
CLIENTS = 12
ENTITIES = 5
PATIENCE_S = 150.0
SEED = int(os.environ.get("CHAOS_SEED", "1"))
API = "/runtime/webhooks/durabletask"

APP = """
import datetime
from pathlib import Path
import azure.functions as func
import azure.durable_functions as df

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
MARKS = Path(__file__).with_name("marks")
MARKS.mkdir(exist_ok=True)

def entity_of(number):
    return df.EntityId("tally", str(number % 5))

@app.orchestration_trigger(context_name="context")
def chain(context):
    number = context.get_input()
    for _ in range(3):
        number = yield context.call_activity("add_one", number)
    context.signal_entity(entity_of(context.get_input()), "signalled", context.get_input())
    return number

@app.orchestration_trigger(context_name="context")
def fan(context):
    number = context.get_input()
    parts = yield context.task_all([context.call_activity("add_one", number + n) for n in range(5)])
    yield context.call_entity(entity_of(number), "called", number)
    return sum(parts)

@app.orchestration_trigger(context_name="context")
def retrying(context):
    number = context.get_input()
    yield context.create_timer(context.current_utc_datetime + datetime.timedelta(milliseconds=40 + number % 400))
    result = yield context.call_activity_with_retry("fail_first", df.RetryOptions(20, 5), number)
    context.signal_entity(entity_of(number), "signalled", number)
    yield context.call_entity(entity_of(number), "called", number)
    return result

@app.orchestration_trigger(context_name="context")
def parent(context):
    number = context.get_input()
    named = context.call_sub_orchestrator("child", number, instance_id=f"child-of-{number}")
    unnamed = context.call_sub_orchestrator("child", number + 1)
    return (yield context.task_all([named, unnamed]))

@app.orchestration_trigger(context_name="context")
def child(context):
    number = context.get_input()
    result = yield context.call_activity("add_one", number)
    yield context.call_entity(entity_of(number), "called", number)
    return result

@app.orchestration_trigger(context_name="context")
def approval(context):
    number = context.get_input()
    limit = context.create_timer(context.current_utc_datetime + datetime.timedelta(minutes=10))
    approved = context.wait_for_external_event("approved")
    winner = yield context.task_any([limit, approved])
    if winner is approved:
        limit.cancel()
    yield context.call_activity("add_one", number)
    context.signal_entity(entity_of(number), "signalled", number)
    return "approved" if winner is approved else "late"

@app.orchestration_trigger(context_name="context")
def rounds(context):
    state = context.get_input()
    number = yield context.call_activity("add_one", state["number"])
    yield context.call_entity(entity_of(number), "called", number)
    if state["left"]:
        context.continue_as_new({"number": number, "left": state["left"] - 1})
        return None
    return number

@app.activity_trigger(input_name="number")
def add_one(number: int) -> int:
    return number + 1

@app.activity_trigger(input_name="number")
def fail_first(number: int) -> int:
    mark = MARKS / str(number)
    if not mark.exists():
        mark.touch()
        raise ValueError("not yet")
    return -number

@app.entity_trigger(context_name="context")
def tally(context):
    state = context.get_state(lambda: {"called": [0, 0], "signalled": [0, 0]})
    count, total = state[context.operation_name]
    state[context.operation_name] = [count + 1, total + context.get_input()]
    context.set_state(state)
    context.set_result(count)
"""


@dataclass(frozen=True)
class Kind:
    """One orchestrator: its input, its output, and what it tells entities, all as functions of a number."""

    input: Callable[[int], Any]
    output: Callable[[int], Any]
    called: Callable[[int], list[int]] = lambda _: []
    signalled: Callable[[int], list[int]] = lambda _: []


KINDS = {
    "chain": Kind(lambda n: n, lambda n: n + 3, signalled=lambda n: [n]),
    "fan": Kind(lambda n: n, lambda n: 5 * n + 15, called=lambda n: [n]),
    "retrying": Kind(lambda n: n, lambda n: -n, called=lambda n: [n], signalled=lambda n: [n]),
    "parent": Kind(lambda n: n, lambda n: [n + 1, n + 2], called=lambda n: [n, n + 1]),
    "approval": Kind(lambda n: n, lambda _: "approved", signalled=lambda n: [n]),
    "rounds": Kind(
        lambda n: {"number": n, "left": 2}, lambda n: n + 3, called=lambda n: [n + 1, n + 2, n + 3]
    ),
}  # fmt: skip
NAMES = list(KINDS)


def kind_of(number: int) -> str:
    return NAMES[number % len(NAMES)]


def expected_totals() -> dict[str, dict[str, list[int]]]:
    totals = {str(key): {"called": [0, 0], "signalled": [0, 0]} for key in range(ENTITIES)}
    for number in range(ORCHESTRATIONS):
        kind = KINDS[kind_of(number)]
        for operation, values in (("called", kind.called(number)), ("signalled", kind.signalled(number))):
            for value in values:
                count_and_sum = totals[str(value % ENTITIES)][operation]
                count_and_sum[0] += 1
                count_and_sum[1] += value
    return totals


@dataclass
class Mortal:
    """A host that is started again and again on one socket, which clients wait at while it is dead."""

    app: Path
    listener: socket.socket
    loader: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}{API}/"

    def start(self) -> None:
        fd = self.listener.fileno()
        with (self.app / "host.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local_azure.functions_host", "start", "--fd", str(fd)],
                cwd=self.app, pass_fds=(fd,), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "LOCAL_AZURE_WORKER": self.loader},
            )  # fmt: skip

    def kill(self) -> None:
        """Kill the host and its workers at once, as a power cut would."""
        assert self.process is not None
        assert self.process.poll() is None, "the host ended by itself"
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Client:
    """Starts orchestrations and never gives one up; a lost answer is followed by a question, not by a second start."""

    http: aiohttp.ClientSession
    accepted: list[int] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Return status and body of an answer; raise for a connection that broke."""
        async with self.http.request(method, path, **options) as answer:
            return answer.status, await answer.json(content_type=None)

    async def insist(self, call: Callable[[], Awaitable[bool]]) -> None:
        """Repeat a call until it says that it is done, through any number of dead hosts."""
        while True:
            try:
                if await call():
                    return
            except (aiohttp.ClientError, ConnectionError):
                await asyncio.sleep(0.01)

    async def start(self, number: int) -> None:
        async def is_there() -> bool:
            return (await self.ask("GET", f"instances/{number}"))[0] != 404

        async def start_once() -> bool:
            body = json.dumps(json.dumps(KINDS[kind_of(number)].input(number)))
            if repeats and await is_there():
                return True
            repeats.append(number)
            status, answer = await self.ask("POST", f"orchestrators/{kind_of(number)}/{number}", data=body)
            assert status == 202, answer
            return True

        repeats: list[int] = []
        await self.insist(start_once)
        self.accepted.append(number)
        self.news.set()
        if kind_of(number) == "approval":
            await self.insist(lambda: self.approve(number))

    async def approve(self, number: int) -> bool:
        path = f"instances/{number}/raiseEvent/approved"
        status, _ = await self.ask("POST", path, json="yes")
        assert status in (202, 410), status  # 410: it came through before its answer was lost
        return True

    async def all_pages(self, path: str, **query: str) -> list[dict[str, Any]]:
        found, token = [], ""
        while True:
            headers = {"x-ms-continuation-token": token}
            async with self.http.get(path, params=query, headers=headers) as answer:
                found += await answer.json()
                token = answer.headers["x-ms-continuation-token"]
            if not token:
                return found

    async def unfinished(self) -> list[dict[str, Any]]:
        found = await self.all_pages("instances", runtimeStatus="Pending,Running,Suspended")
        return [state for state in found if not state["instanceId"].startswith("@")]


@contextlib.asynccontextmanager
async def mortal_host(folder: Path, loader: str) -> AsyncIterator[Mortal]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        host = Mortal(folder, listener, loader)
        try:
            yield host
        finally:
            if host.process is not None and host.process.poll() is None:
                host.kill()


async def kill_again_and_again(host: Mortal, client: Client, permits: asyncio.Semaphore, chance: random.Random) -> None:
    """Start and kill the host; each life lets the clients start some more."""
    for _ in range(KILLS):
        client.news.clear()
        host.start()
        for _ in range(ORCHESTRATIONS // (KILLS + 1)):
            permits.release()
        if chance.random() < 0.25:
            await asyncio.sleep(chance.uniform(0.1, 1.0))  # while it starts, or takes up what was left
        else:
            if len(client.accepted) < ORCHESTRATIONS:
                await client.news.wait()
            await asyncio.sleep(chance.uniform(0.0, 0.5))
        host.kill()
        print(f"killed with {len(client.accepted)} accepted")
    host.start()
    for _ in range(ORCHESTRATIONS):
        permits.release()


async def start_all(client: Client, permits: asyncio.Semaphore) -> None:
    numbers = iter(range(ORCHESTRATIONS))

    async def start_some() -> None:
        for number in numbers:
            await permits.acquire()
            await client.start(number)

    await asyncio.gather(*(start_some() for _ in range(CLIENTS)))


async def until(condition: Callable[[], Awaitable[bool]], *, within_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_twenty_kills_cost_none_of_a_thousand_orchestrations_anything(tmp_path, write_app, loader):
    print(f"CHAOS_SEED={SEED}")
    app = write_app(tmp_path / "app", APP)
    permits = asyncio.Semaphore(0)
    async with mortal_host(app, loader) as host:
        host.start()
        key = await key_of(app)
        timeout = aiohttp.ClientTimeout(total=60)
        headers = {"x-functions-key": key}
        async with aiohttp.ClientSession(host.url, headers=headers, timeout=timeout) as session:
            client = Client(session)
            host.kill()
            async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
                group.create_task(kill_again_and_again(host, client, permits, random.Random(SEED)))
                group.create_task(start_all(client, permits))

            async def all_ended() -> bool:
                return not await client.unfinished()

            async def totals_are_right() -> bool:
                return await totals(client) == expected_totals()

            await until(all_ended)
            with contextlib.suppress(TimeoutError):  # the comparison below says more
                await until(totals_are_right, within_s=20)
            assert await totals(client) == expected_totals()
            instances = await client.all_pages("instances", top="500")
        host.process.send_signal(signal.SIGTERM)
        assert host.process.wait(20) == 0
    check_outputs(instances)
    assert left_over(app) == {"inbox": 0, "activities": 0}


async def key_of(app: Path) -> str:
    """Wait for the first host to write its keys."""
    file = app / ".local_azure" / "secrets.json"

    async def is_written() -> bool:
        return file.exists() and "durabletask_extension" in file.read_text()

    await until(is_written)
    return json.loads(file.read_text())["systemKeys"]["durabletask_extension"]


async def totals(client: Client) -> dict[str, Any]:
    states = [await client.ask("GET", f"entities/tally/{key}") for key in range(ENTITIES)]
    return {str(key): body for key, (status, body) in enumerate(states) if status == 200}


def check_outputs(instances: list[dict[str, Any]]) -> None:
    """Every accepted one is there once with its output, and so are the children; nothing else is."""
    names = Counter(state["name"] for state in instances if not state["instanceId"].startswith("@"))
    per_kind = Counter(kind_of(number) for number in range(ORCHESTRATIONS))
    assert names == per_kind + Counter({"child": 2 * per_kind["parent"]})
    ended = {state["instanceId"]: (state["runtimeStatus"], state["output"]) for state in instances}
    assert len(ended) == len(instances)
    for number in range(ORCHESTRATIONS):
        assert ended[str(number)] == ("Completed", KINDS[kind_of(number)].output(number)), number
        if kind_of(number) == "parent":
            assert ended[f"child-of-{number}"] == ("Completed", number + 1)


def left_over(app: Path) -> dict[str, int]:
    """Count what a host would take up."""
    with sqlite3.connect(app / ".local_azure" / "durable.db") as store:
        return {
            table: store.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("inbox", "activities")
        }
