"""Routing tables as last read by this process: what makes a forwarded start cost no durable operation.

How old they may be is decided in known_tables.py; here they are read, once for all who ask at the same time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from router_app.known_tables import CAPACITY, KnownTables, Snapshot
from version_registry.model import RoutingTable

__all__ = ["CAPACITY", "ReadTable", "Snapshot", "StaleSnapshotError", "TableSnapshots"]

ReadTable = Callable[[str], Awaitable[RoutingTable | None]]


class StaleSnapshotError(Exception):
    """Reading the table took longer than a snapshot may be old; the same request may succeed soon."""


class TableSnapshots:
    """The snapshots of one process."""

    def __init__(self, time_to_live: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known = KnownTables(time_to_live)
        self._reading: dict[str, asyncio.Task[Snapshot]] = {}

    async def table(self, application: str, read: ReadTable) -> RoutingTable | None:
        """Return a table that is at most TABLE_TTL old; concurrent callers share one read."""
        known = self._known.find(application, self._clock())
        if known is not None:
            return known.table
        for _ in range(2):
            read_now = await self._shared_read(application, read)
            if self._known.is_fresh(read_now, self._clock()):
                return read_now.table
        raise StaleSnapshotError("The routing table could not be read in time.")

    async def fresh_table(self, application: str, read: ReadTable) -> RoutingTable | None:
        """Read the table now, past any snapshot, and keep it."""
        begun = self._clock()
        table = await read(application)
        return self._known.keep(application, Snapshot(table, begun)).table

    def forget(self, application: str) -> None:
        """Drop the snapshot, and any that is being read: this process has just changed the table."""
        self._known.forget(application, self._clock())
        self._reading.pop(application, None)

    async def _shared_read(self, application: str, read: ReadTable) -> Snapshot:
        reading = self._reading.get(application)
        if reading is None:
            reading = asyncio.create_task(self._read(application, read))
            self._reading[application] = reading
            reading.add_done_callback(lambda done: self._forget_read(application, done))
        # Shielded: one caller that gives up must not fail the others.
        return await asyncio.shield(reading)

    async def _read(self, application: str, read: ReadTable) -> Snapshot:
        begun = self._clock()
        return self._known.keep(application, Snapshot(await read(application), begun))

    def _forget_read(self, application: str, done: asyncio.Task[Snapshot]) -> None:
        if self._reading.get(application) is done:
            del self._reading[application]
