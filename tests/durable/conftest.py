"""A durable app in this process, run by the real SDK, on a real store."""

import asyncio
import json
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from azure.durable_functions import Entity, Orchestrator

from local_azure.functions_host.durable.engine import DurableEngine, NewInstance
from local_azure.functions_host.durable.http_api import durable_routes
from local_azure.functions_host.durable.records import InstanceState
from local_azure.functions_host.durable.urls import DurableUrls
from local_azure.functions_host.ports import (
    AppModel,
    DurableOptions,
    FunctionInfo,
    FunctionKind,
    InvocationResult,
    UserError,
    WorkerLost,
)

PREFIX = "/runtime/webhooks/durabletask"


@dataclass
class SdkApp:
    """Functions by name; implements the DurableInvoker port with azure-functions-durable itself."""

    orchestrators: dict[str, Callable[..., Any]] = field(default_factory=dict)
    activities: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    entities: dict[str, Callable[..., Any]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    lose_next: Counter[str] = field(default_factory=Counter)
    """How often the worker dies before it answers for a function."""
    before: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)

    def orchestrator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.orchestrators[function.__name__] = function
        return function

    def activity(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        self.activities[function.__name__] = function
        return function

    def entity(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.entities[function.__name__] = function
        return function

    @property
    def model(self) -> AppModel:
        kinds = {
            FunctionKind.ORCHESTRATOR: self.orchestrators,
            FunctionKind.ACTIVITY: self.activities,
            FunctionKind.ENTITY: self.entities,
        }
        functions = [
            FunctionInfo(name, kind, ({"type": kind.value, "direction": "IN", "name": "context"},))
            for kind, found in kinds.items()
            for name in found
        ]
        return AppModel(tuple(functions), durable_sdk="1.x")

    async def invoke(self, function: FunctionInfo, payload: str, *, metadata: Any = None) -> InvocationResult:  # noqa: ARG002
        self.calls[function.name] += 1
        if function.name in self.before:
            await self.before[function.name]()
        if self.lose_next[function.name] > 0:
            self.lose_next[function.name] -= 1
            raise WorkerLost("the worker process ended with signal 9")
        try:
            return InvocationResult(await asyncio.to_thread(self._run, function, payload))
        except Exception as error:
            return InvocationResult(error=UserError(type(error).__name__, str(error), traceback.format_exc()))

    def _run(self, function: FunctionInfo, payload: str) -> str | None:
        context = SimpleNamespace(body=payload)
        if function.kind is FunctionKind.ORCHESTRATOR:
            return str(Orchestrator.create(self.orchestrators[function.name])(context))
        if function.kind is FunctionKind.ENTITY:
            return str(Entity.create(self.entities[function.name])(context))
        return json.dumps(self.activities[function.name](json.loads(payload)))


@dataclass
class Bench:
    """An open engine with the app it runs, and what tests do with them all the time."""

    app: SdkApp
    engine: DurableEngine

    async def start(self, name: str, value: Any = None, instance_id: str | None = None) -> str:
        """Start as the SDK's client does: a JSON string that holds JSON."""
        text = None if value is None else json.dumps(json.dumps(value))
        return await self.engine.start(NewInstance(name, instance_id, text))

    async def result(self, instance_id: str, timeout_s: float = 20) -> InstanceState:
        assert await self.engine.wait_finished(instance_id, timeout_s), await self.engine.instance(instance_id)
        state = await self.engine.instance(instance_id)
        assert state is not None
        return state

    async def run(self, name: str, value: Any = None, timeout_s: float = 20) -> InstanceState:
        return await self.result(await self.start(name, value), timeout_s)

    async def output(self, name: str, value: Any = None, timeout_s: float = 20) -> Any:
        state = await self.run(name, value, timeout_s)
        assert state.status == "Completed", state.output
        return None if state.output is None else json.loads(state.output)

    async def raise_event(self, instance_id: str, name: str, value: Any = None) -> None:
        """Raise as the SDK's client does."""
        delivery = await self.engine.raise_event(instance_id, name, json.dumps(json.dumps(value)))
        assert delivery.accepted

    async def until(self, instance_id: str, condition: Callable[[InstanceState], bool]) -> InstanceState:
        """Wait until an instance's state is as wanted."""
        async with asyncio.timeout(20):
            while True:
                state = await self.engine.instance(instance_id)
                if state is not None and condition(state):
                    return state
                await asyncio.sleep(0.005)


OpenBench = Callable[..., Awaitable[Bench]]


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait for a condition that nobody announces."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture
def sdk_app() -> type[SdkApp]:
    return SdkApp


@pytest.fixture
def app() -> SdkApp:
    return SdkApp()


@pytest.fixture
async def open_bench(tmp_path: Path) -> AsyncIterator[OpenBench]:
    """Open engines on one store, one after the other."""
    engines: list[DurableEngine] = []

    async def open_one(app: SdkApp, options: DurableOptions | None = None) -> Bench:
        engine = await DurableEngine.open(tmp_path / "durable.db", app.model, app, options or DurableOptions())
        engines.append(engine)
        return Bench(app, engine)

    yield open_one
    for engine in engines:
        await engine.close()


@pytest.fixture
async def open_client(open_bench: OpenBench) -> AsyncIterator[Callable[..., Awaitable[tuple[Bench, TestClient]]]]:
    """Serve the Durable HTTP API of an engine."""
    clients: list[TestClient] = []

    async def open_one(app: SdkApp, options: DurableOptions | None = None) -> tuple[Bench, TestClient]:
        bench = await open_bench(app, options)
        site = web.Application(client_max_size=64 * 1024 * 1024)
        urls = DurableUrls(f"http://example.invalid{PREFIX}", "key", "TestHub")
        site.add_routes(durable_routes(bench.engine, prefix=PREFIX, urls=urls))
        client = TestClient(TestServer(site))
        await client.start_server()
        clients.append(client)
        return bench, client

    yield open_one
    for client in clients:
        await client.close()
