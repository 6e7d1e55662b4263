"""Looks whether a start has been accepted, wherever it may be known: its app, the waiting starts, the archive."""

import asyncio

from provisioning import VersionAppError
from router_app.http.call import Call
from router_app.parts import Parts
from version_registry.identifiers import PublicId, start_id
from version_registry.model import VersionApp
from version_registry.routing import Forward, route_follow_up


async def is_started(parts: Parts, call: Call, instance: PublicId) -> bool:
    """Tell whether the instance has been started or waits to be; an app that gives no clear answer raises."""
    table = await parts.tables.table(call.application, call.hub.read_table)
    route = route_follow_up(table, str(instance))
    if isinstance(route, Forward) and await _app_has(parts, route.app, str(instance)):
        return True
    if await call.hub.look_up(start_id(call.application, instance)) is not None:
        return True
    return await asyncio.to_thread(parts.archive.get, call.application, str(instance)) is not None


async def _app_has(parts: Parts, app: VersionApp, instance_id: str) -> bool:
    answer = await parts.apps.ask(app, lambda client: client.get_status(instance_id, {"showInput": "false"}))
    if answer.status in (200, 202, 404):
        return answer.status != 404
    # Neither yes nor no: to take it for a no could start it twice.
    message = f"the app answered {answer.status} when asked for an instance"
    raise VersionAppError(message, "unexpected_answer")
