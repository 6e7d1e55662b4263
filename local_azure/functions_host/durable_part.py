"""The durable half of a host: its engine, the Durable HTTP API mounted twice, and the client binding."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from local_azure.functions_host.ports import AppModel


def needs_engine(model: AppModel) -> bool:
    """Tell whether the app has anything durable: a function, or a client of one."""
    return model.error is None and model.durable_sdk is not None


@dataclass(frozen=True, slots=True)
class DurablePart:
    """What the rest of the host uses of the engine."""

    routes: tuple[web.RouteDef, ...]
    client_text: Callable[[str], str]
    """Gives the client binding's text for a request origin."""
