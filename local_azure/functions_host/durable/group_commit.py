"""Group commit: units of work share transactions, and each learns of the commit.

Statements run on the event loop's own thread, where they take microseconds and wait for nobody; a thread beside it
would wait for the interpreter's lock at every one. Only what waits for the disk, the commit, has a thread.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Unit = Callable[[sqlite3.Connection], Any]
"""Statements that belong together; may run twice, so it changes nothing but the database."""

MAX_GROUP = 256


class StoreError(Exception):
    """The work was not stored: the disk is full, the file is damaged, or the store is closed."""


@dataclass(slots=True)
class _Job:
    unit: Unit
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class GroupCommit:
    """The one writer of a database. Used on the event loop only."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Job] = []
        self._committing: list[_Job] = []
        self._is_due = False
        self._closing: asyncio.Future[None] | None = None
        self._commits: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._commit_forever, name="durable-commit", daemon=True)
        self._thread.start()

    def write(self, unit: Unit, *, patience_s: float = 0.0) -> asyncio.Future[Any]:
        """Queue a unit; the future has its result once it is on disk. Units are committed in the order of the calls.

        With patience the unit goes along with the next one, and by itself only after that time.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._closing is not None:
            future.set_exception(StoreError("the store is closed"))
            return future
        self._gathered.append(_Job(unit, future))
        if patience_s:
            self._loop.call_later(patience_s, self._begin)
        elif not (self._is_due or self._committing):
            # At the end of this round of the loop, with whatever else the round brings.
            self._is_due = True
            self._loop.call_soon(self._begin)
        return future

    async def close(self) -> None:
        """Commit what is queued and stop."""
        self._closing = self._loop.create_future()
        if not self._committing:
            self._begin()
        await self._closing
        self._commits.put(False)
        await asyncio.to_thread(self._thread.join)

    def _begin(self) -> None:
        """Run what has gathered, and have it committed."""
        self._is_due = False
        if self._committing:
            return  # the end of that commit begins the next
        while self._gathered:
            jobs, self._gathered = self._gathered[:MAX_GROUP], self._gathered[MAX_GROUP:]
            try:
                _run_together(self._connection, jobs)
            except sqlite3.Error as error:
                _resolve(jobs, error)
                continue
            self._committing = jobs
            self._commits.put(True)
            return
        if self._closing is not None and not self._closing.done():
            self._closing.set_result(None)

    def _commit_forever(self) -> None:
        while self._commits.get():
            error: sqlite3.Error | None = None
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as failure:
                error = failure
                _roll_back(self._connection)
            self._loop.call_soon_threadsafe(self._committed, error)

    def _committed(self, error: sqlite3.Error | None) -> None:
        jobs, self._committing = self._committing, []
        _resolve(jobs, error)
        # What this commit wakes shares the next one with what has gathered meanwhile.
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._begin)


def _run_together(connection: sqlite3.Connection, jobs: list[_Job]) -> None:
    """Run the units in one open transaction. One that fails leaves the others alone: they run again without it."""
    while True:
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            if job.error is not None:
                continue
            try:
                job.result = job.unit(connection)
            except Exception as error:  # the boundary of a unit: its error belongs to its caller, not to the group
                _roll_back(connection)
                if isinstance(error, sqlite3.OperationalError):
                    raise  # it is the database that fails, e.g. on a full disk
                job.error = error
                break
        else:
            return


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _resolve(jobs: list[_Job], failure: sqlite3.Error | None) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        elif failure is not None:
            job.future.set_exception(StoreError(f"the store could not commit: {failure}"))
        else:
            job.future.set_result(job.result)
