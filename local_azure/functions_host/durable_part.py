"""The durable half of a host: its engine, the Durable HTTP API mounted twice, and the client binding."""

import functools
import secrets
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from local_azure.functions_host.app_model import client_inputs
from local_azure.functions_host.durable.client_binding import client_binding_payload
from local_azure.functions_host.durable.engine import DurableEngine
from local_azure.functions_host.durable.http_api import durable_routes
from local_azure.functions_host.durable.store import StoreInUseError
from local_azure.functions_host.durable.urls import DurableUrls
from local_azure.functions_host.http_front.access import guarded
from local_azure.functions_host.keys import DURABLE_SYSTEM_KEY, HostKeys
from local_azure.functions_host.ports import AppModel, DurableOptions, FunctionInfo, InvocationResult
from local_azure.functions_host.workers.pool import WorkerPool

WEBHOOK_PATH = "/runtime/webhooks/durabletask"
DATABASE = "durable.db"
CACHED_ORIGINS = 64


class StoreUnavailableError(Exception):
    """The durable store cannot be opened; the message says why."""


@dataclass(frozen=True, slots=True)
class DurablePart:
    """What the rest of the host uses of the engine."""

    engine: DurableEngine
    routes: tuple[web.RouteDef, ...]
    client_text: Callable[[str], str]
    """Gives the client binding's text for a request origin."""

    def stop_waiting(self) -> None:
        """Answer the clients that wait for an orchestration's end, with where to ask for it later."""
        self.engine.stop_waiting()

    async def close(self) -> None:
        """Let running turns end; what is undone is taken up at the next start."""
        await self.engine.close()


@dataclass(frozen=True, slots=True)
class DurablePlan:
    """What the engine is opened with."""

    state_dir: Path
    origin: str
    keys: HostKeys
    options: DurableOptions


class ClientGivingInvoker:
    """Invokes durable functions, and gives a client to those that ask for one beside their trigger."""

    def __init__(self, pool: WorkerPool, client_text: Callable[[], str]) -> None:
        self._pool = pool
        self._client_text = client_text
        self._client_counts: dict[str, int] = {}

    def invoke(
        self, function: FunctionInfo, payload: str, *, metadata: Mapping[str, str] | None = None
    ) -> Coroutine[Any, Any, InvocationResult]:
        """Run `function` with `payload` as its trigger's string datum."""
        count = self._client_counts.get(function.name)
        if count is None:
            count = self._client_counts[function.name] = len(client_inputs(function))
        inputs = [self._client_text()] * count if count else ()
        return self._pool.invoke(function, payload, metadata=metadata, inputs=inputs)


async def open_durable_part(plan: DurablePlan, model: AppModel, pool: WorkerPool) -> DurablePart:
    """Open the engine, which takes up what was left undone, and say what to mount."""
    code = plan.keys.system_keys[DURABLE_SYSTEM_KEY]
    urls = DurableUrls(f"{plan.origin}{WEBHOOK_PATH}", code, plan.options.hub_name)
    # Whoever knows this path may use the API without a key; it changes with every process.
    rpc_path = f"/durabletask/{secrets.token_urlsafe(24)}"
    client_text = client_texts(urls, f"{plan.origin}{rpc_path}/")
    invoker = ClientGivingInvoker(pool, lambda: client_text(plan.origin))
    try:
        engine = await DurableEngine.open(plan.state_dir / DATABASE, model, invoker, plan.options)
    except (OSError, sqlite3.Error, StoreInUseError) as error:
        raise StoreUnavailableError(f"the durable store cannot be opened: {error}") from error
    routes = [
        *webhook_routes(engine, urls, plan.keys),
        *durable_routes(engine, prefix=rpc_path, urls=urls),
    ]
    return DurablePart(engine, tuple(routes), client_text)


def webhook_routes(engine: DurableEngine, urls: DurableUrls, keys: HostKeys) -> list[web.RouteDef]:
    """Return the public routes, each behind the extension's key."""

    def is_allowed(key: str | None) -> bool:
        return keys.opens_system(DURABLE_SYSTEM_KEY, key)

    routes = durable_routes(engine, prefix=WEBHOOK_PATH, urls=urls)
    return [web.route(route.method, route.path, guarded(route.handler, is_allowed)) for route in routes]


def client_texts(urls: DurableUrls, rpc_base_url: str) -> Callable[[str], str]:
    """Return what writes the client binding; few origins come again and again."""

    @functools.lru_cache(CACHED_ORIGINS)
    def text(origin: str) -> str:
        return client_binding_payload(urls.at_origin(origin), rpc_base_url)

    return text
