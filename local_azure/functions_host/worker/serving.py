"""The worker process: loads the app, reports it, and runs one invocation per frame until the host goes away.

The main thread runs the event loop of async functions, others read the socket and run sync functions (see
`dispatching`). So neither a blocked loop nor a blocked function keeps the worker from noticing that its host is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from .channel import Channel
from .dispatching import Dispatcher
from .failing import format_user_traceback
from .functions import AppError, LoadedFunction
from .loading import load_app
from .logs import set_up_logging
from .payload_types import keep_payload_types
from .timestamps import speed_up_history

LOADER_SETTING = "LOCAL_AZURE_WORKER"
MICROSOFT = "microsoft"


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
    # What the app has imported stays, so the collector need not walk over it again and again.
    gc.collect()
    gc.freeze()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    Dispatcher(channel, functions, loop, str(folder)).start()
    loop.run_forever()


def prefer_for_memory_shortage() -> None:
    """Make the system end this process, not the host, when user code has used up the memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def report_app(channel: Channel, folder: Path) -> dict[str, LoadedFunction]:
    """Load the app and tell the host what it has, or why it has nothing."""
    os.chdir(folder)
    try:
        functions = chosen_loader()(folder)
    except AppError as error:
        channel.send({"op": "failed", "message": str(error), "traceback": error.traceback})
        return {}
    except BaseException as error:  # Boundary: an import runs any code, sys.exit included
        message = f"the import of the app failed: {describe(error)}"
        channel.send({"op": "failed", "message": message, "traceback": format_user_traceback(error)})
        return {}
    if chosen_loader() is load_app:
        speed_up_history()
        keep_payload_types()
    listing = [{"name": f.name, "bindings": f.raw_bindings} for f in functions.values()]
    channel.send({"op": "loaded", "functions": listing, "python": sys.version.split()[0]})
    return functions


def chosen_loader() -> Callable[[Path], dict[str, LoadedFunction]]:
    """Return what loads the app: this worker, or Microsoft's library if the setting says so."""
    if os.environ.get(LOADER_SETTING, "").lower() != MICROSOFT:
        return load_app
    from .microsoft_library import load_app as load_with_the_library

    return load_with_the_library


def describe(error: BaseException) -> str:
    """Name an exception in one line."""
    return f"{type(error).__name__}: {error}"
