"""Purges the histories of the router's own orchestrations that nobody can ask for any more."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from router_app.durable.client import Hub
from router_app.http.waiting import describe_waiting
from router_app.parts import Parts
from version_registry.histories import CHANGE_RETENTION, EndedOperation, Fate, judge_history
from version_registry.identifiers import CHANGE_PREFIX, parse_start_id

MOST_ROUNDS = 10
"""Pages of one run: what is left then is for the next run."""
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """Histories to look at: those whose ids begin so and that are at least so old."""

    prefix: str
    age: timedelta


async def purge_histories(parts: Parts, hub: Hub, now: datetime) -> int:
    """Purge in rounds of a page each, until nothing is due; return how many went."""
    retention = parts.settings.history_retention
    wishes = (Wanted(CHANGE_PREFIX, CHANGE_RETENTION), Wanted("", retention))
    return sum([await _purge_all(parts, hub, wanted, now) for wanted in wishes])


async def _purge_all(parts: Parts, hub: Hub, wanted: Wanted, now: datetime) -> int:
    purged = 0
    for _ in range(MOST_ROUNDS):
        gone = await _purge_page(parts, hub, wanted, now)
        purged += gone
        if gone == 0:
            break
    return purged


async def _purge_page(parts: Parts, hub: Hub, wanted: Wanted, now: datetime) -> int:
    retention, gate = parts.settings.history_retention, asyncio.Semaphore(AT_ONCE)
    page = await hub.list_ended(now - wanted.age, wanted.prefix)
    judged = [(operation, judge_history(operation, now, retention)) for operation in page]
    due = [_purge(parts, hub, operation, fate, gate) for operation, fate in judged if fate is not Fate.KEEP]
    return sum(await asyncio.gather(*due))


async def _purge(parts: Parts, hub: Hub, operation: EndedOperation, fate: Fate, gate: asyncio.Semaphore) -> bool:
    async with gate:
        if fate is Fate.ARCHIVE and not await _archive_start(parts, hub, operation.id):
            return False
        await hub.purge(operation.id)
        return True


async def _archive_start(parts: Parts, hub: Hub, operation_id: str) -> bool:
    """Keep the status of a start that was never delivered; False if the start is under way again."""
    started, operation = parse_start_id(operation_id), await hub.look_up(operation_id)
    if started is None or operation is None or operation.alive:
        return False
    application, instance = started
    status = describe_waiting(operation, str(instance))
    if status is not None:
        await asyncio.to_thread(parts.archive.put, application, str(instance), status)
    return True
