"""What an effect is given to work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from router_app.durable.client import Hub
from router_app.parts import Parts
from version_registry.model import VersionApp
from version_registry.sagas import Json


@dataclass(frozen=True, slots=True)
class EffectContext:
    """The process's parts and the router's own task hub."""

    parts: Parts
    hub: Hub


Args = dict[str, Any]
Effect = Callable[[EffectContext, Args], Awaitable[Json]]


def app_of(args: Args) -> VersionApp:
    """Read the app that the args name."""
    return VersionApp(name=args["app"]["name"], host=args["app"]["host"])
