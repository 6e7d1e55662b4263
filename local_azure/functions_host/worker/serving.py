"""The worker process: loads the app, reports it, and runs one invocation per frame until the host goes away.

Three kinds of threads: the main thread runs the event loop of async functions, a pool runs sync functions, and
one thread reads the socket. So neither a blocked loop nor a full pool keeps the worker from noticing that its
host is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .channel import Channel, Frame, HostGone
from .conversion import Answer, call_arguments, encode_result
from .loading import AppError, LoadedFunction, load_app
from .logs import running_function, set_up_logging
from .timestamps import speed_up_history

THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"


def serve(socket_number: int, app_folder: str) -> None:
    """Run the worker; returns never."""
    # Ctrl-C reaches the whole process group; the host decides when its workers end.
    # A handler, not SIG_IGN: programs that user code starts must not inherit it.
    signal.signal(signal.SIGINT, lambda *_: None)
    prefer_for_memory_shortage()
    connection = socket.socket(fileno=socket_number)
    connection.set_inheritable(False)
    channel = Channel(connection)
    set_up_logging()
    folder = Path(app_folder).resolve()
    functions = report_app(channel, folder)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = Worker(channel, functions, loop, str(folder))
    threading.Thread(target=worker.read_frames, name="host-reader", daemon=True).start()
    loop.run_forever()


def prefer_for_memory_shortage() -> None:
    """Make the system end this process, not the host, when user code has used up the memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def report_app(channel: Channel, folder: Path) -> dict[str, LoadedFunction]:
    """Load the app and tell the host what it has, or why it has nothing."""
    os.chdir(folder)
    try:
        functions = load_app(folder)
    except AppError as error:
        channel.send({"op": "failed", "message": str(error), "traceback": ""})
        return {}
    except BaseException as error:  # Boundary: an import runs any code, sys.exit included
        message = f"the import of the app failed: {describe(error)}"
        channel.send({"op": "failed", "message": message, "traceback": format_user_traceback(error)})
        return {}
    speed_up_history()
    listing = [{"name": f.name, "bindings": f.raw_bindings} for f in functions.values()]
    channel.send({"op": "loaded", "functions": listing, "python": sys.version.split()[0]})
    return functions


def describe(error: BaseException) -> str:
    """Name an exception in one line."""
    return f"{type(error).__name__}: {error}"


class Worker:
    """Dispatches invocations to the pool or to the loop, and sends their answers."""

    def __init__(
        self, channel: Channel, functions: dict[str, LoadedFunction], loop: asyncio.AbstractEventLoop, folder: str
    ) -> None:
        self._channel = channel
        self._functions = functions
        self._loop = loop
        self._folder = folder
        threads = os.environ.get(THREADS_SETTING, "")
        self._pool = ThreadPoolExecutor(int(threads) if threads.isdigit() and int(threads) else None, "function")
        self._tasks: set[asyncio.Task[None]] = set()

    def read_frames(self) -> None:
        """Take frames until the host closes the socket, then end the process."""
        try:
            while (frame := self._channel.receive()).header["op"] != "stop":
                self._dispatch(frame)
        except HostGone:
            pass
        finally:
            # Not sys.exit: threads that user code blocks would keep the process alive for ever.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    def _dispatch(self, frame: Frame) -> None:
        function = self._functions.get(frame.header["function"])
        if function is None:
            # The app's files changed under a running host and this worker was restarted since.
            self._send(frame, error_answer(LookupError(f"this worker has no function {frame.header['function']}")))
        elif function.is_async:
            self._loop.call_soon_threadsafe(self._start_task, function, frame)
        else:
            self._pool.submit(self._run_sync, function, frame)

    def _start_task(self, function: LoadedFunction, frame: Frame) -> None:
        task = self._loop.create_task(self._run_async(function, frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _run_sync(self, function: LoadedFunction, frame: Frame) -> None:
        token = running_function.set(function.name)
        try:
            arguments = call_arguments(function, frame, self._folder)
            answer = encode_result(function, function.call(**arguments), arguments)
        except BaseException as error:  # Boundary: user code may raise anything, SystemExit included
            answer = error_answer(error)
        finally:
            running_function.reset(token)
        self._send(frame, answer)

    async def _run_async(self, function: LoadedFunction, frame: Frame) -> None:
        running_function.set(function.name)
        try:
            arguments = call_arguments(function, frame, self._folder)
            answer = encode_result(function, await function.call(**arguments), arguments)
        except BaseException as error:  # Boundary: SystemExit would otherwise end the loop
            answer = error_answer(error)
        self._send(frame, answer)

    def _send(self, frame: Frame, answer: Answer) -> None:
        try:
            self._channel.send({"op": "result", "id": frame.header["id"], **answer.header}, answer.parts)
        except HostGone:
            os._exit(0)


def error_answer(error: BaseException) -> Answer:
    """Report an exception that user code let out, its message unescaped."""
    texts = (message_of(error), format_user_traceback(error))
    parts = tuple(text.encode(errors="backslashreplace") for text in texts)
    return Answer({"kind": "error", "type": type(error).__name__}, parts)


def message_of(error: BaseException) -> str:
    """Return `str(error)`, whatever the exception's own `__str__` does."""
    try:
        return str(error)
    except Exception:  # Boundary: without an answer the invocation would hang
        return "(its message could not be read)"


def format_user_traceback(error: BaseException) -> str:
    """Format an exception without the worker's own calls above user code: people want to see theirs."""
    own_folder = str(Path(__file__).parent)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith((own_folder, "<frozen importlib")):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))
