"""One worker process and the socket to it."""

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_azure.functions_host.ports import WorkerLost
from local_azure.functions_host.workers.forwarding import forward_lines
from local_azure.functions_host.workers.frames import Frame, FrameDecoder, encode_head
from local_azure.functions_host.workers.invocations import Invocation

WORKER_FILE = Path(__file__).parents[1] / "worker" / "main.py"
JOIN_BELOW_BYTES = 64 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """What to start: which app, with which settings."""

    app_folder: Path
    environment: Mapping[str, str]

    @property
    def interpreter(self) -> str:
        """Return the app's own interpreter, or this one when the app has none."""
        own = self.app_folder / ".venv" / "bin" / "python"
        return str(own) if own.is_file() else sys.executable


@dataclass(frozen=True, slots=True)
class _Pending:
    answer: asyncio.Future[Frame]
    function: str
    began: float


class WorkerProcess(asyncio.BufferedProtocol):
    """A running worker. `loaded` resolves with its report; `gone` when the process has ended."""

    def __init__(self, name: str, limit_s: float | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self.name = name
        self.loaded: asyncio.Future[Frame] = self._loop.create_future()
        self.gone = asyncio.Event()
        self.is_ready = False
        """Whether the app is loaded and the process alive."""
        self._limit_s = limit_s
        self._look_is_due = False
        self._pending: dict[int, _Pending] = {}
        self._ids = itertools.count(1)
        self._outgoing: list[bytes] = []
        self._decoder = FrameDecoder()
        self._transport: asyncio.Transport | None = None
        self._process: Process | None = None
        self._death: str | None = None
        self._watcher: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(cls, spec: WorkerSpec, name: str, limit_s: float | None) -> "WorkerProcess":
        """Start the process; its app is loading when this returns. It is killed when a call takes longer than this."""
        worker = cls(name, limit_s)
        ours, theirs = socket.socketpair()
        with theirs:
            worker._process = await asyncio.create_subprocess_exec(
                spec.interpreter, str(WORKER_FILE), str(theirs.fileno()), str(spec.app_folder),
                stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, pass_fds=(theirs.fileno(),),
                env=dict(spec.environment), cwd=spec.app_folder,
            )  # fmt: skip
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: worker, sock=ours)
        worker._watcher = asyncio.create_task(worker._watch(worker._process))
        return worker

    @property
    def pid(self) -> int:
        """Return the process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def in_flight(self) -> int:
        """Return how many invocations have no answer yet."""
        return len(self._pending)

    def call(self, invocation: Invocation) -> asyncio.Future[Frame]:
        """Send an invocation; the future has its result, or WorkerLost when there will be none."""
        if self._death is not None:
            raise WorkerLost(self._death)
        number = next(self._ids)
        answer: asyncio.Future[Frame] = self._loop.create_future()
        self._pending[number] = _Pending(answer, invocation.function, self._loop.time())
        if self._limit_s is not None and not self._look_is_due:
            self._look_is_due = True
            self._loop.call_later(self._limit_s, self._look_for_overdue, self._limit_s)
        header = {"op": "invoke", "id": number, "function": invocation.function, **invocation.header}
        self._send(header, invocation.parts)
        return answer

    def _look_for_overdue(self, limit_s: float) -> None:
        """Look at the oldest call. One look for all calls: an alarm for each costs more than a quick function."""
        self._look_is_due = False
        now = self._loop.time()
        for number, pending in list(self._pending.items()):
            age_s = now - pending.began
            if age_s < limit_s:
                self._look_is_due = True
                self._loop.call_later(limit_s - age_s, self._look_for_overdue, limit_s)
                return
            if not pending.answer.done():
                self.kill(f"function {pending.function} ran longer than the function time-out of {limit_s:g} s")
                return
            del self._pending[number]  # whoever asked does not wait any more

    def kill(self, reason: str) -> None:
        """End the process at once; its invocations are lost for this reason."""
        self._lose(reason)
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def request_stop(self) -> None:
        """Ask the worker to end; a worker that cannot answer is killed by whoever waits for `gone`."""
        if self._transport is not None and not self._transport.is_closing():
            self._send({"op": "stop"}, ())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Give the transport the place for the next bytes."""
        return self._decoder.free_space()

    def buffer_updated(self, nbytes: int) -> None:
        """Resolve whatever the new bytes complete."""
        for frame in self._decoder.take(nbytes):
            if frame.header["op"] != "result":
                self._report(frame)
            elif (pending := self._pending.pop(frame.header["id"], None)) and not pending.answer.done():
                pending.answer.set_result(frame)

    def _report(self, frame: Frame) -> None:
        if not self.loaded.done():
            self.is_ready = frame.header["op"] == "loaded"
            self.loaded.set_result(frame)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Let the end of the process tell the reason; a socket closed on purpose means the end as well."""
        if self._process is not None and self._process.returncode is None:
            self._loop.call_later(1.0, self._kill_survivor)

    def _kill_survivor(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self.kill(f"{self.name} closed its connection")

    def _send(self, header: dict[str, object], parts: tuple[bytes, ...]) -> None:
        """Have a frame sent at the end of this round of the loop, with all others that the round brings."""
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing += (encode_head(header, parts), *parts)

    def _flush(self) -> None:
        pieces, self._outgoing = self._outgoing, []
        assert self._transport is not None
        if sum(map(len, pieces)) < JOIN_BELOW_BYTES:
            pieces = [b"".join(pieces)]
        for piece in pieces:
            self._transport.write(piece)

    def _lose(self, reason: str) -> None:
        if self._death is None:
            self._death = reason
        self.is_ready = False
        pending, self._pending = self._pending, {}
        for answer in (self.loaded, *(call.answer for call in pending.values())):
            if not answer.done():
                answer.set_exception(WorkerLost(self._death))
        # Nobody may be waiting for the report of a worker that died while loading.
        self.loaded.exception()

    async def _watch(self, process: Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        # The pipes may be held open by programs that user code started, so the end of the process counts, not theirs.
        streams = [
            asyncio.create_task(forward_lines(process.stdout, self.name)),
            asyncio.create_task(forward_lines(process.stderr, self.name)),
        ]
        code = await process.wait()
        await asyncio.wait(streams, timeout=0.5)
        for stream in streams:
            stream.cancel()
        self._lose(f"{self.name} (pid {process.pid}) ended with {describe_exit(code)}")
        if self._transport is not None:
            self._transport.close()
        self.gone.set()

    @property
    def death(self) -> str:
        """Return why the worker is gone."""
        return self._death or "it is still running"


def describe_exit(code: int) -> str:
    """Put an exit status into words."""
    return f"signal {-code}" if code < 0 else f"exit code {os.waitstatus_to_exitcode(code << 8)}"
