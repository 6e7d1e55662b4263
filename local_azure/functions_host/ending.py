"""What ends a host: a signal, or the end of the process that started it."""

import asyncio
import os
import signal


async def wait_for_end(exit_with_fd: int | None) -> None:
    """Wait for SIGTERM or SIGINT, or for end of file on the given descriptor."""
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if exit_with_fd is not None:
        os.set_blocking(exit_with_fd, False)
        loop.add_reader(exit_with_fd, watch_end_of_file, exit_with_fd, end)
    await end.wait()
    if exit_with_fd is not None:
        loop.remove_reader(exit_with_fd)


def watch_end_of_file(fd: int, end: asyncio.Event) -> None:
    """Set the event at end of file; anything that is written to the descriptor is dropped."""
    try:
        if os.read(fd, 4096):
            return
    except BlockingIOError:
        return
    except OSError:
        pass
    asyncio.get_running_loop().remove_reader(fd)
    end.set()
