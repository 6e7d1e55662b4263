"""Takes invocations off the socket and brings each to where it runs.

One thread reads. It runs quick functions itself, one after the other, and sends their answers together. Slow ones go
to a pool, async ones to the event loop. When a function keeps the reading thread after all, another thread reads on,
and the first one ends with that function.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from .channel import Channel, Frame, HostGone
from .conversion import Answer
from .failing import error_answer
from .functions import LoadedFunction
from .pace import SLOW_S, Pace
from .running import run_async, run_sync

THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"
LOOK_EVERY_S = 0.010
CALM_LOOKS = 20
"""After so many looks at an idle reader nobody looks until it works again."""


class Dispatcher:
    """The reading thread, whoever that is at the moment, and the one that watches it."""

    def __init__(
        self, channel: Channel, functions: dict[str, LoadedFunction], loop: asyncio.AbstractEventLoop, folder: str
    ) -> None:
        self._channel = channel
        self._functions = functions
        self._folder = folder
        self._paces = {name: Pace() for name in functions}
        self._tasks = AsyncCalls(channel, loop, folder)
        threads = os.environ.get(THREADS_SETTING, "")
        self._pool = ThreadPoolExecutor(int(threads) if threads.isdigit() and int(threads) else None, "function")
        self._lock = threading.Lock()
        self._reader: object = None
        self._runs = 0
        self._pace: Pace | None = None  # of the function that keeps the reader
        self._is_watched = threading.Event()

    def start(self) -> None:
        """Start to read."""
        threading.Thread(target=self._watch, name="reader-watch", daemon=True).start()
        with self._lock:
            self._appoint_reader()

    def _appoint_reader(self) -> None:
        self._reader = reader = object()
        self._pace = None
        threading.Thread(target=self._read, args=(reader,), name="host-reader", daemon=True).start()

    def _read(self, reader: object) -> None:
        """Take frames until another thread reads, or the host is gone; with the host the process ends."""
        try:
            self._channel.flush()
            while (frame := self._channel.receive()).header["op"] != "stop":
                if not self._dispatch(frame, reader):
                    return
        except HostGone:
            pass
        end_process()

    def _dispatch(self, frame: Frame, reader: object) -> bool:
        """Bring a frame to where it runs; False when this thread does not read any more."""
        function = self._functions.get(frame.header["function"])
        if function is None:
            # The app's files changed under a running host and this worker was restarted since.
            missing = LookupError(f"this worker has no function {frame.header['function']}")
            self._channel.send(*result(frame, error_answer(missing)))
        elif function.is_async:
            self._tasks.begin(function, frame)
        elif self._paces[function.name].is_quick:
            return self._run_here(function, frame, reader)
        else:
            self._pool.submit(self._run_in_pool, function, frame)
        return True

    def _run_here(self, function: LoadedFunction, frame: Frame, reader: object) -> bool:
        self._runs += 1
        self._pace = self._paces[function.name]
        if not self._is_watched.is_set():
            self._is_watched.set()
        answer, seconds = self._timed(function, frame)
        with self._lock:
            is_reader = self._reader is reader
            if is_reader:
                self._pace = None
        if is_reader:
            self._paces[function.name].note(seconds)
            self._channel.hold(*result(frame, answer))
        else:
            self._channel.send(*result(frame, answer))
        return is_reader

    def _run_in_pool(self, function: LoadedFunction, frame: Frame) -> None:
        answer, seconds = self._timed(function, frame)
        self._paces[function.name].note(seconds)
        try:
            self._channel.send(*result(frame, answer))
        except HostGone:
            end_process()

    def _timed(self, function: LoadedFunction, frame: Frame) -> tuple[Answer, float]:
        began = time.perf_counter()
        answer = run_sync(function, frame, self._folder)
        return answer, time.perf_counter() - began

    def _watch(self) -> None:
        """Let another thread read when one run outlasts two looks."""
        seen, calm = 0, 0
        while True:
            self._is_watched.wait()
            time.sleep(LOOK_EVERY_S)
            with self._lock:
                is_same = self._runs == seen
                if is_same and self._pace is not None:
                    self._pace.note(SLOW_S)  # its other calls, which may wait already, must not stop the next reader
                    self._appoint_reader()
                seen = self._runs
                calm = calm + 1 if is_same else 0
            if calm >= CALM_LOOKS:
                self._is_watched.clear()
                # A run that began before the line above may have found itself watched still.
                if self._runs != seen:
                    self._is_watched.set()


class AsyncCalls:
    """Runs async functions on the event loop; frames and answers pass between the threads in bunches."""

    def __init__(self, channel: Channel, loop: asyncio.AbstractEventLoop, folder: str) -> None:
        self._channel = channel
        self._loop = loop
        self._folder = folder
        self._arrived: deque[tuple[LoadedFunction, Frame]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flush_is_due = False

    def begin(self, function: LoadedFunction, frame: Frame) -> None:
        """Start a call; for any thread."""
        self._arrived.append((function, frame))
        # Whoever finds more than its own has called after somebody whose wake-up is still to come.
        if len(self._arrived) == 1:
            self._loop.call_soon_threadsafe(self._start_all)

    def _start_all(self) -> None:
        while self._arrived:
            function, frame = self._arrived.popleft()
            task = self._loop.create_task(self._run(function, frame))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, function: LoadedFunction, frame: Frame) -> None:
        answer = await run_async(function, frame, self._folder)
        self._channel.hold(*result(frame, answer))
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_is_due = False
        try:
            self._channel.flush()
        except HostGone:
            end_process()


def result(frame: Frame, answer: Answer) -> tuple[dict[str, object], tuple[bytes, ...]]:
    """Return the header and parts of the frame that answers another."""
    return {"op": "result", "id": frame.header["id"], **answer.header}, answer.parts


def end_process() -> None:
    """End the worker, whatever its threads are doing."""
    # Not sys.exit: threads that user code blocks would keep the process alive for ever.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
