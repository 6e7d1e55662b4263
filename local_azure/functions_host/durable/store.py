"""Group commit over SQLite: units of work from the event loop share transactions, and each learns of the commit."""

import asyncio
import fcntl
import itertools
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from local_azure.functions_host.durable import schema

Unit = Callable[[sqlite3.Connection], Any]
"""Statements that belong together; may run twice, so it changes nothing but the database."""

T = TypeVar("T")

MAX_GROUP = 512
READERS = 2


class StoreError(Exception):
    """The work was not stored: the disk is full, the file is damaged, or the store is closed."""


class StoreInUseError(Exception):
    """Another host has the same store open."""


@dataclass(frozen=True, slots=True)
class _Job:
    unit: Unit
    future: asyncio.Future[Any]


class Store:
    """One SQLite file: one writer thread, and readers beside it."""

    def __init__(self, path: Path, lock_fd: int, writer: sqlite3.Connection) -> None:
        self._path = path
        self._lock_fd = lock_fd
        self._connection = writer
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Job] = []
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="durable-read")
        self._reader = threading.local()
        self._reader_connections: list[sqlite3.Connection] = []
        self._closed = False
        self.seqs: Iterator[int] = itertools.count(_highest(writer, "seq", "inbox", "activities") + 1)
        self.keys: Iterator[int] = itertools.count(_highest(writer, "key", "instances") + 1)
        self._thread = threading.Thread(target=self._write_forever, name="durable-write", daemon=True)
        self._thread.start()

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

    # -- writing -----------------------------------------------------------------------------------------------------

    def write(self, unit: Unit) -> asyncio.Future[Any]:
        """Queue a unit; the future has its result once it is on disk. Units are committed in the order of the calls."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._closed:
            future.set_exception(StoreError("the store is closed"))
        else:
            # One hand-over for each round of the event loop: waking the thread costs more than a small unit.
            if not self._gathered:
                self._loop.call_soon(self._hand_over)
            self._gathered.append(_Job(unit, future))
        return future

    def _hand_over(self) -> None:
        if self._gathered:
            jobs, self._gathered = self._gathered, []
            self._jobs.put(jobs)

    def _write_forever(self) -> None:
        """Commit whatever has gathered while the last commit was on its way."""
        while (jobs := self._jobs.get()) is not None:
            ends = False
            while len(jobs) < MAX_GROUP:
                try:
                    more = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    ends = True
                    break
                jobs += more
            results = self._commit(jobs)
            self._loop.call_soon_threadsafe(_resolve, jobs, results)
            if ends:
                return

    def _commit(self, jobs: list[_Job]) -> list[Any]:
        """Run the units in one transaction, each in a savepoint; one that fails leaves the others alone."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [self._run(connection, job.unit) for job in jobs]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return [StoreError(f"the store could not commit: {error}")] * len(jobs)
        return results

    @staticmethod
    def _run(connection: sqlite3.Connection, unit: Unit) -> Any:
        connection.execute("SAVEPOINT unit")
        try:
            result = unit(connection)
        except Exception as error:  # the boundary of a unit: its error belongs to its caller, not to the group
            if not connection.in_transaction:
                raise  # SQLite gave up the whole transaction, e.g. on a full disk
            connection.execute("ROLLBACK TO unit")
            result = _Failure(error)
        connection.execute("RELEASE unit")
        return result

    # -- reading -----------------------------------------------------------------------------------------------------

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query beside the writer, off the event loop; it sees everything that was committed."""
        return await self._loop.run_in_executor(self._readers, self._query, query)

    def _query(self, query: Callable[[sqlite3.Connection], Any]) -> Any:
        connection = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = schema.connect_reader(self._path)
            self._reader_connections.append(connection)
        return query(connection)

    # -- the end -----------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Commit what is queued and let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._hand_over()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in (*self._reader_connections, self._connection):
            connection.close()
        os.close(self._lock_fd)


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception


def _resolve(jobs: list[_Job], results: list[Any]) -> None:
    for job, result in zip(jobs, results, strict=True):
        if job.future.done():
            continue
        if isinstance(result, _Failure):
            job.future.set_exception(result.error)
        elif isinstance(result, StoreError):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)


def _highest(connection: sqlite3.Connection, column: str, *tables: str) -> int:
    found = (connection.execute(f"SELECT max({column}) FROM {table}").fetchone()[0] for table in tables)
    return max((value or 0 for value in found), default=0)


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
