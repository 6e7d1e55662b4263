"""Lanes run things side by side up to a limit, and each single thing one turn at a time. Nothing here polls."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from local_azure.functions_host.durable.active import ActiveInstance

logger = logging.getLogger(__name__)

W = TypeVar("W")


class Lane(Generic[W]):
    """A queue of work with a number of slots."""

    def __init__(self, limit: int, run: Callable[[W], Awaitable[None]]) -> None:
        self._limit = max(limit, 1)
        self._run = run
        self._ready: deque[W] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def running(self) -> int:
        """Return how much is under way."""
        return len(self._tasks)

    def offer(self, work: W) -> None:
        """Queue work; it starts at once if a slot is free."""
        self._ready.append(work)
        self._fill()

    def _fill(self) -> None:
        while self._ready and len(self._tasks) < self._limit and not self._closed:
            task = asyncio.create_task(self._run_one(self._ready.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._free)

    async def _run_one(self, work: W) -> None:
        await self._run(work)

    def _free(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("durable work broke off with an error of the engine", exc_info=error)
        self._fill()

    async def close(self, *, grace_s: float) -> None:
        """Start nothing more; let what runs end within the grace, then cancel it."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class TurnLane:
    """Turns of instances: an instance has one at a time, and is queued once however many messages wait for it."""

    def __init__(
        self,
        limit: int,
        run: Callable[[ActiveInstance], Awaitable[float | None]],
        is_due: Callable[[ActiveInstance], bool],
        rest: Callable[[ActiveInstance], None],
    ) -> None:
        self._lane = Lane(limit, self._turn)
        self._run = run
        self._is_due = is_due
        self._rest = rest

    def wake(self, active: ActiveInstance) -> None:
        """Have the instance take a turn, unless it is about to."""
        if active.busy or active.queued:
            return
        active.queued = True
        self._lane.offer(active)

    async def _turn(self, active: ActiveInstance) -> None:
        active.queued, active.busy = False, True
        delay_s: float | None = 1.0  # after an error of the engine itself: no busy loop
        try:
            delay_s = await self._run(active)
        finally:
            if delay_s:
                # The slot is free meanwhile; the instance stays busy, so that messages only gather.
                asyncio.get_running_loop().call_later(delay_s, self._go_on, active)
            else:
                self._go_on(active)

    def _go_on(self, active: ActiveInstance) -> None:
        active.busy = False
        if active.mailbox and self._is_due(active):
            self.wake(active)
        else:
            self._rest(active)

    async def close(self, *, grace_s: float) -> None:
        """End as the lane ends."""
        await self._lane.close(grace_s=grace_s)
