"""Routing tables as last read by this process: what makes a forwarded start cost no durable operation.

The drain's safety rests on this module: no decision is made on a table that was read more than TABLE_TTL ago, and the
age counts from *before* the read began, because the table may change while the answer is under way.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from version_registry.model import RoutingTable

CAPACITY = 1000
"""Applications remembered per process; unknown names are remembered too, so the number is bounded."""

ReadTable = Callable[[str], Awaitable[RoutingTable | None]]


class StaleSnapshotError(Exception):
    """Reading the table took longer than a snapshot may be old; the same request may succeed soon."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table (None: no such application) and the monotonic time before its read began."""

    table: RoutingTable | None
    read_at: float


class TableSnapshots:
    """The snapshots of one process."""

    def __init__(self, time_to_live: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl = time_to_live.total_seconds()
        self._clock = clock
        self._known: OrderedDict[str, Snapshot] = OrderedDict()
        self._reading: dict[str, asyncio.Task[Snapshot]] = {}
        self._changed_at: dict[str, float] = {}

    async def table(self, application: str, read: ReadTable) -> RoutingTable | None:
        """Return a table that is at most TABLE_TTL old; concurrent callers share one read."""
        known = self._known.get(application)
        if known is not None and self._is_fresh(known):
            return known.table
        for _ in range(2):
            read_now = await self._shared_read(application, read)
            if self._is_fresh(read_now):
                return read_now.table
        raise StaleSnapshotError("The routing table could not be read in time.")

    async def fresh_table(self, application: str, read: ReadTable) -> RoutingTable | None:
        """Read the table now, past any snapshot, and keep it."""
        begun = self._clock()
        table = await read(application)
        return self._keep(application, Snapshot(table, begun)).table

    def forget(self, application: str) -> None:
        """Drop the snapshot, and any that is being read: this process has just changed the table."""
        self._changed_at[application] = self._clock()
        self._known.pop(application, None)
        self._reading.pop(application, None)

    def _is_fresh(self, snapshot: Snapshot) -> bool:
        return self._clock() - snapshot.read_at <= self._ttl

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
        return self._keep(application, Snapshot(await read(application), begun))

    def _forget_read(self, application: str, done: asyncio.Task[Snapshot]) -> None:
        if self._reading.get(application) is done:
            del self._reading[application]

    def _keep(self, application: str, snapshot: Snapshot) -> Snapshot:
        known = self._known.get(application)
        newest = max(known.read_at if known else snapshot.read_at, self._changed_at.get(application, snapshot.read_at))
        if newest > snapshot.read_at:
            return snapshot
        self._known[application] = snapshot
        self._known.move_to_end(application)
        if len(self._known) > CAPACITY:
            self._known.popitem(last=False)
        return snapshot
