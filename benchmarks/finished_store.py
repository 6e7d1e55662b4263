"""What finished instances cost those who do not ask for them: a page, a count, a start, a chain.

    python -m benchmarks.finished_store [--small 1000] [--large 100000] [--rounds 5]

Two hosts run side by side, one with few and one with many finished instances in its store, and are asked in turn.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from benchmarks.chains import session
from benchmarks.hosts import RunningHost, functions_host
from local_azure.functions_host.durable import clock, commits, history
from local_azure.functions_host.durable.records import InstanceState, Status
from local_azure.functions_host.durable.store import Store
from local_azure.functions_host.durable.turn import TurnCommit, start_message

CALLS_A_ROUND = 40
GROUP = 500

Ask = Callable[[aiohttp.ClientSession, RunningHost], Awaitable[None]]


async def fill(path: Path, count: int) -> None:
    """Put finished chains into a store, with the units that the engine itself writes them by."""
    store = await Store.open(path)
    since = datetime.now(UTC) - timedelta(days=7)
    for first in range(0, count, GROUP):
        numbers = range(first, min(first + GROUP, count))
        await asyncio.gather(*(write_finished(store, since + timedelta(seconds=n)) for n in numbers))
    await store.close()


async def write_finished(store: Store, at: datetime) -> None:
    """Write one instance that began and finished at a moment."""
    now, key = clock.to_text(at), next(store.keys)
    state = InstanceState(
        key, f"done-{key:08x}", f"{key:032x}", "chain", None, Status.PENDING, '"1"', None, None, now, now
    )
    message = start_message(state, store.seqs)
    finished = InstanceState(
        key, state.id, state.execution_id, "chain", None, Status.COMPLETED, '"1"', "4", None, now, now
    )
    events = (history.orchestrator_started(now), message.event, history.execution_completed("Completed", "4", now))
    text = history.array_items(history.played(list(events)))
    turn = commits.commit_turn(TurnCommit(finished, (message.seq,), events), 0, text, (), lambda: next(store.seqs))
    await asyncio.gather(store.write(commits.create(state, message)), store.write(turn))


def get(path: str) -> Ask:
    """Ask for something that is answered with a list."""

    async def ask(client: aiohttp.ClientSession, host: RunningHost) -> None:
        async with client.get(f"{api(host)}/{path}", headers=key(host)) as answer:
            if not isinstance(json.loads(await answer.read()), list):
                raise TypeError(f"{path}: not a list")

    return ask


def post(query: str, status: int) -> Ask:
    """Start a chain."""

    async def ask(client: aiohttp.ClientSession, host: RunningHost) -> None:
        async with client.post(f"{api(host)}/orchestrators/chain{query}", json="1", headers=key(host)) as answer:
            await answer.read()
            if answer.status != status:
                raise RuntimeError(f"a start was answered with {answer.status}")

    return ask


def api(host: RunningHost) -> str:
    """Return the base URL of the Durable HTTP API."""
    return f"{host.url}/runtime/webhooks/durabletask"


def key(host: RunningHost) -> dict[str, str]:
    """Return the header that opens it."""
    return {"x-functions-key": host.key}


RECENTLY = urllib.parse.quote((datetime.now(UTC) - timedelta(minutes=5)).isoformat())
QUESTIONS: dict[str, Ask] = {
    "a page of 100": get("instances?top=100"),
    "unfinished ones": get("instances?runtimeStatus=Running,Pending,Suspended&top=1000"),
    "recent ones": get(f"instances?createdTimeFrom={RECENTLY}&top=20"),
    "ids by prefix": get("instances?instanceIdPrefix=done-0000000&top=100"),
    "a start (202)": post("", 202),
    "a chain, waited for": post("?timeout=30&pollingInterval=1", 200),
}


async def ask_in_turn(hosts: list[RunningHost], ask: Ask, rounds: int) -> list[float]:
    """Ask the hosts in turn; return the median seconds of each."""
    found: list[list[float]] = [[] for _ in hosts]
    async with session() as client:
        for number in range(rounds * CALLS_A_ROUND):
            pairs = list(zip(found, hosts, strict=True))
            # Whoever is asked second finds the machine warm: so each is, every other time.
            for seconds, host in pairs if number % 2 else reversed(pairs):
                began = time.perf_counter()
                await ask(client, host)
                if number >= CALLS_A_ROUND // 2:  # the first ones warm up
                    seconds.append(time.perf_counter() - began)
    return [statistics.median(seconds) for seconds in found]


def main() -> None:
    """Fill two stores, ask everything, print a row for each question."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        hosts = []
        for count in (options.small, options.large):
            state = Path(folder) / str(count)
            asyncio.run(fill(state / "durable.db", count))
            hosts.append(stack.enter_context(functions_host(state)))
            print(f"{count:7} finished: the first answer came after {hosts[-1].ready_seconds:.2f} s", flush=True)
        for question, ask in QUESTIONS.items():
            small, large = asyncio.run(ask_in_turn(hosts, ask, options.rounds))
            row = f"{question:20} {small * 1000:8.2f} ms   {large * 1000:8.2f} ms   ratio {large / small:5.2f}"
            print(row, flush=True)


if __name__ == "__main__":
    main()
