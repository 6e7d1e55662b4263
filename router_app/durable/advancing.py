"""The activity of all sagas, undecorated: execute the effect that was planned, then plan what follows."""

import logging
from collections.abc import Mapping
from typing import Any

from provisioning import ProvisioningError
from router_app.durable.client import Hub, utc_now
from router_app.durable.steps import encode_next
from router_app.effects.context import EffectContext
from router_app.effects.registry import execute_effect
from router_app.parts import Parts
from version_registry.model import LineStatus, RoutingTable
from version_registry.planners import PLANNERS

log = logging.getLogger("durable_router")


async def advance(parts: Parts, hub: Hub, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the next step of the saga `{"kind", "state", "outcome" or "effect"}`."""
    outcome = request.get("outcome")
    if effect := request.get("effect"):
        outcome = await execute_effect(EffectContext(parts, hub), effect["name"], effect["args"])
    planner = PLANNERS[request["kind"]]
    return encode_next(planner(request["state"], outcome, utc_now(), parts.settings.timings))


async def keep_up(parts: Parts, hub: Hub) -> None:
    """Start the monitor of every application that has none running, and have the keys of its apps at hand."""
    applications = await hub.read_catalogue()
    for application in applications:
        await hub.ensure_monitor(application)
    for application in applications:
        await _fetch_keys(parts, await hub.read_table(application))


async def _fetch_keys(parts: Parts, table: RoutingTable | None) -> None:
    """Fetch the keys that this process lacks, so that no start waits for them after the router itself was restarted."""
    for line in table.lines.values() if table else ():
        if line.status is LineStatus.LIVE and line.app is not None:
            try:
                await parts.apps.open(line.app)
            except ProvisioningError as error:
                log.warning("The keys of %s cannot be read: %s", line.app.name, error.message)
