"""Awaits a call that blocks, on a thread that never keeps the process from ending."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def on_daemon_thread(call: Callable[[], T], name: str) -> T:
    """Run a call on a new thread and return what it gives.

    Not asyncio.to_thread: its pool is small, and the interpreter waits for all of its threads when it ends.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if outcome.done():
            return  # nobody waits any more
        if error is None:
            outcome.set_result(result)  # type: ignore[arg-type]  # without an error there is a result
        else:
            outcome.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = call()
        except Exception as raised:  # Boundary: it is raised again where the result is awaited
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: the host has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await outcome
