"""The activity of all sagas, undecorated: execute the effect that was planned, then plan what follows."""

from collections.abc import Mapping
from typing import Any

from router_app.durable.client import Hub, utc_now
from router_app.durable.steps import encode_next
from router_app.effects.context import EffectContext
from router_app.effects.registry import execute_effect
from router_app.parts import Parts
from version_registry.planners import PLANNERS


async def advance(parts: Parts, hub: Hub, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the next step of the saga `{"kind", "state", "outcome" or "effect"}`."""
    outcome = request.get("outcome")
    if effect := request.get("effect"):
        outcome = await execute_effect(EffectContext(parts, hub), effect["name"], effect["args"])
    planner = PLANNERS[request["kind"]]
    return encode_next(planner(request["state"], outcome, utc_now(), parts.settings.timings))


async def ensure_monitors(hub: Hub) -> int:
    """Start the monitor of every application that has none running; tell how many were started."""
    started = [await hub.ensure_monitor(application) for application in await hub.read_catalogue()]
    return sum(started)
