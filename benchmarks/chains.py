"""Chains of three activities over HTTP: throughput at a concurrency, and the latency of one alone.

    python -m benchmarks.chains [--calls 2000] [--concurrency 32] [--workers 1] [--rounds 3]
        [--restate-server PATH --restate-python PATH]

With the two Restate options (a restate-server binary, and a Python that has restate-sdk and hypercorn) both are
measured in turn, in one run, on the same machine.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import tempfile
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from benchmarks.hosts import HERE, free_port, functions_host, process, wait_until_answering
from benchmarks.load import LoadResult, run_load


async def measure(url: str, body_in: object, *, calls: int, concurrency: int) -> LoadResult:
    """Post a body that means 1 to the URL so often, and insist on 4 each time."""
    async with session() as client:

        async def call(_number: int) -> None:
            async with client.post(url, json=body_in) as answer:
                body = await answer.text()
                if answer.status != 200 or json.loads(body) != 4:
                    raise RuntimeError(f"{answer.status}: {body[:300]}")

        await run_load(call, calls=min(calls, 4 * concurrency), concurrency=concurrency)
        return await run_load(call, calls=calls, concurrency=concurrency)


@contextlib.asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Open a client without a limit of its own on connections."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        yield client


def measure_host(options: argparse.Namespace, root: Path) -> tuple[LoadResult, LoadResult]:
    """Measure the Functions host: many at once, then one at a time."""
    with functions_host(root / "host", workers=options.workers) as host:
        query = f"timeout=30&pollingInterval=1&code={host.key}"
        url = f"{host.url}/runtime/webhooks/durabletask/orchestrators/chain?{query}"
        # The SDK's own client sends JSON within a JSON string; get_input() takes nothing else but objects.
        return both(url, "1", options)


def measure_restate(options: argparse.Namespace, root: Path) -> tuple[LoadResult, LoadResult]:
    """Measure a Restate server with its Python SDK on the same chain."""
    service, ingress, admin, node = (free_port() for _ in range(4))
    env = {
        "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
        "RESTATE_BIND_ADDRESS": f"127.0.0.1:{node}",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "RESTATE_LOG_FILTER": "warn",
    }
    app = (options.restate_python, "-m", "hypercorn", "--bind", f"127.0.0.1:{service}", "service:app")
    with (
        process(*app, cwd=HERE / "restate", log=root / "service.log"),
        process(options.restate_server, "--base-dir", str(root / "restate"), env=env, log=root / "restate.log"),
    ):
        wait_until_answering(f"http://127.0.0.1:{admin}/health", 60)
        wait_until_answering(f"http://127.0.0.1:{service}/health")
        register = json.dumps({"uri": f"http://127.0.0.1:{service}"}).encode()
        headers = {"content-type": "application/json"}
        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{admin}/deployments", register, headers)
        ).close()
        return both(f"http://127.0.0.1:{ingress}/chain/run", 1, options)


def both(url: str, body: object, options: argparse.Namespace) -> tuple[LoadResult, LoadResult]:
    """Measure one URL under load, and alone."""
    many = asyncio.run(measure(url, body, calls=options.calls, concurrency=options.concurrency))
    alone = asyncio.run(measure(url, body, calls=200, concurrency=1))
    return many, alone


def main() -> None:
    """Measure in turn and print each round and the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--restate-server")
    parser.add_argument("--restate-python")
    options = parser.parse_args()
    contestants = {"functions host": measure_host}
    if options.restate_server and options.restate_python:
        contestants["restate"] = measure_restate
    throughput: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(options.rounds):
        for name, measure_one in contestants.items():
            with tempfile.TemporaryDirectory() as folder:
                many, alone = measure_one(options, Path(folder))
            throughput[name].append(many.per_second)
            print(f"{name:15} x{options.concurrency}  {many}", f"{name:15} alone {alone}", sep="\n", flush=True)
    for name, values in throughput.items():
        print(f"{name:15} median {statistics.median(values):.1f} chains/s of {options.rounds} rounds")


if __name__ == "__main__":
    main()
