"""The durable store: one SQLite file that one host has open, with a writer and readers beside it."""

import asyncio
import fcntl
import itertools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from local_azure.functions_host.durable import schema
from local_azure.functions_host.durable.clock import SteadyClock
from local_azure.functions_host.durable.group_commit import GroupCommit, StoreError, Unit

__all__ = ["Store", "StoreError", "StoreInUseError", "Unit"]

T = TypeVar("T")

READERS = 2


class StoreInUseError(Exception):
    """Another host has the same store open."""


class Store:
    """What the engine keeps. Used on the event loop only."""

    def __init__(self, path: Path, lock_fd: int, writer: sqlite3.Connection) -> None:
        self._path = path
        self._lock_fd = lock_fd
        self._loop = asyncio.get_running_loop()
        self._connections = [writer]
        self._glance: sqlite3.Connection | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="durable-read")
        self._reader = threading.local()
        self._is_closed = False
        self.seqs: Iterator[int] = itertools.count(_highest(writer, "seq", "inbox", "activities") + 1)
        self.keys: Iterator[int] = itertools.count(_highest(writer, "key", "instances") + 1)
        # Keys and creation times are in one order, so that a query for times knows where among the keys to look.
        self.creation_clock = SteadyClock(_latest_creation(writer))
        self._writer = GroupCommit(writer)
        self.write = self._writer.write

    @classmethod
    async def open(cls, path: Path, *, wait_s: float = 10.0) -> "Store":
        """Open the file, as its only host; a host that is just ending is waited for."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lock_fd = await _lock(path.with_name(path.name + ".lock"), wait_s)
        try:
            writer = await asyncio.to_thread(schema.connect_writer, path)
        except BaseException:
            os.close(lock_fd)
            raise
        return cls(path, lock_fd, writer)

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query beside the writer, off the event loop; it sees everything that was committed."""
        return await self._loop.run_in_executor(self._readers, self._query, query)

    def glance(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query that finds one row by its key, here and now; it sees everything that was committed."""
        if self._glance is None:
            self._glance = self._connect_reader()
        return query(self._glance)

    def _query(self, query: Callable[[sqlite3.Connection], Any]) -> Any:
        connection = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = self._connect_reader()
        return query(connection)

    def _connect_reader(self) -> sqlite3.Connection:
        connection = schema.connect_reader(self._path)
        self._connections.append(connection)
        return connection

    async def close(self) -> None:
        """Commit what is queued and let go of the file."""
        if self._is_closed:
            return
        self._is_closed = True
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        # The writer last: then SQLite tidies the log up.
        for connection in reversed(self._connections):
            connection.close()
        os.close(self._lock_fd)


def _highest(connection: sqlite3.Connection, column: str, *tables: str) -> int:
    queries = (f"SELECT max({column}) FROM {table}" for table in tables)  # nosec B608 # names of our own
    found = (connection.execute(query).fetchone()[0] for query in queries)
    return max((value or 0 for value in found), default=0)


def _latest_creation(connection: sqlite3.Connection) -> str:
    return connection.execute("SELECT max(created_at) FROM instances").fetchone()[0] or ""


async def _lock(path: Path, wait_s: float) -> int:
    """Take the lock file; the kernel frees it however its owner ends."""
    lock_fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = asyncio.get_running_loop().time() + wait_s
    while True:
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                os.close(lock_fd)
                raise StoreInUseError(f"another host has {path.stem} open") from None
            await asyncio.sleep(0.05)
        else:
            return lock_fd
