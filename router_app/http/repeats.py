"""Finds what an earlier request with the same Idempotency-Key started, on whichever line that was."""

import asyncio

from router_app.http.call import Call
from router_app.parts import Parts
from version_registry.identifiers import make_public_id, start_id
from version_registry.model import Line, LineStatus

ANSWERING = frozenset({LineStatus.LIVE, LineStatus.DRAINING, LineStatus.RETIRING})


async def find_earlier(parts: Parts, call: Call, own_part: str) -> str | None:
    """Return the public id of what the key has already started, or waits to start; None if there is nothing.

    Done before the line is chosen, so that it adds nothing to the age of the table on which it is chosen.
    """
    table = await parts.tables.table(call.application, call.hub.read_table)
    if table is None:
        return None
    found = await asyncio.gather(*(_find_on(parts, call, line, own_part) for line in table.lines.values()))
    return next((instance_id for instance_id in found if instance_id), None)


async def _find_on(parts: Parts, call: Call, line: Line, own_part: str) -> str | None:
    instance_id = str(make_public_id(line.name, own_part))
    if line.app is not None and line.status in ANSWERING and await _app_has(parts, line, instance_id):
        return instance_id
    waiting = await call.hub.look_up(start_id(call.application, instance_id))
    if waiting is not None and waiting.alive:
        return instance_id
    archived = await asyncio.to_thread(parts.archive.get, call.application, instance_id)
    return instance_id if archived else None


async def _app_has(parts: Parts, line: Line, instance_id: str) -> bool:
    if line.app is None:
        return False
    answer = await parts.apps.ask(line.app, lambda client: client.get_status(instance_id, {"showInput": "false"}))
    return answer.status in (200, 202)
