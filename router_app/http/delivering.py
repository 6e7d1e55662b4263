"""Sends a start to its app, again when that is safe and the app is between two hosts, as during a patch."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from provisioning import AppAnswer, VersionAppError
from router_app.parts import Parts
from version_registry.model import VersionApp

PATIENCE_SECONDS = 10.0
"""So long a start is tried again; within the forward's deadline, which the caller keeps."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.0
AWAY = frozenset({502, 503})


@dataclass(frozen=True, slots=True)
class Start:
    """What is sent to the app."""

    name: str
    instance_id: str
    body: bytes
    headers: Mapping[str, str]


async def deliver(parts: Parts, app: VersionApp, start: Start, *, is_new: bool) -> AppAnswer:
    """Start it in the app. `is_new`: no instance had this id before, so one that is found now is this start's."""
    answer = await _try(parts, app, start, is_last=not is_new)
    if answer is not None and not (is_new and answer.status in AWAY):
        return answer
    # Those who try again are as many as may wait: a dead app must not gather callers.
    with parts.apps.turns(app).place():
        return await _try_again(parts, app, start)


async def _try_again(parts: Parts, app: VersionApp, start: Start) -> AppAnswer:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    pause = FIRST_PAUSE_SECONDS
    answer = None
    while answer is None or answer.status in AWAY:
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        is_last = time.monotonic() >= give_up_at
        answer = await _find(parts, app, start) or await _try(parts, app, start, is_last=is_last)
        if is_last and answer is not None:
            return answer
    return answer


async def _try(parts: Parts, app: VersionApp, start: Start, *, is_last: bool) -> AppAnswer | None:
    try:
        return await parts.apps.ask(
            app, lambda client: client.start(start.name, start.instance_id, start.body, start.headers)
        )
    except VersionAppError as error:
        if is_last or error.code != "unreachable":
            raise
        return None


async def _find(parts: Parts, app: VersionApp, start: Start) -> AppAnswer | None:
    """Look whether an attempt without an answer was taken; if so, answer as if it had been."""
    try:
        answer = await parts.apps.ask(app, lambda client: client.get_status(start.instance_id, {"showInput": "false"}))
    except VersionAppError:
        return None
    return AppAnswer(202, {}, b"") if answer.status in (200, 202) else None
