"""Turns of calls to one version app: so many at once, few waiting for no long time, and the rest refused at once.

A slow or dead app so costs a bounded number of calls that hang, and none of them keeps a call to another app waiting.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from provisioning import VersionAppError


class WaitingRoom:
    """Places for calls that wait, whichever app they wait for. Belongs to one event loop."""

    def __init__(self, places: int) -> None:
        self._free = places

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place; VersionAppError `busy` if there is none."""
        if self._free <= 0:
            raise busy()
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class Turns:
    """Lets calls to one app through, first come, first served. Belongs to one event loop."""

    def __init__(self, at_once: int, room: WaitingRoom, patience: timedelta) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._room = room
        # As many wait as are served: one app alone cannot fill a room that is made for several. Who waits is counted
        # together with who is served, as between the two there is a moment when a call is neither.
        self._inside = WaitingRoom(2 * at_once)
        self._between_tries = WaitingRoom(at_once)
        self._patience = patience.total_seconds()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Have a turn; VersionAppError `busy` if too many wait already, or it does not come soon."""
        with self._inside.place():
            await self._await_turn()
            try:
                yield
            finally:
                self._turns.release()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for the app outside a turn, between two tries; VersionAppError `busy` if too many do."""
        with self._between_tries.place(), self._room.place():
            yield

    async def _await_turn(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        with self._room.place():
            try:
                async with asyncio.timeout(self._patience):
                    await self._turns.acquire()
            except TimeoutError as error:
                raise busy() from error


def busy() -> VersionAppError:
    """Build the error of a call that gets no turn; nothing of it was sent."""
    return VersionAppError("too many calls to the app are under way", "busy")
