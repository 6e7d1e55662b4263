"""The lock that keeps two hosts of one site apart, also across a kill -9 of the control plane.

The control plane locks a file and lets the host inherit the descriptor. The lock belongs to the descriptor, so it lives
exactly as long as the host does, whoever else dies. The pid file only says whom to kill when a host does not end.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
from time import monotonic

from local_azure.control_plane.errors import ControlPlaneError
from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.hosting.process_identity import read_identity

GRACE_SECONDS = 4.0
KILL_SECONDS = 5.0
POLL_SECONDS = 0.05


class HostStillRunningError(ControlPlaneError):
    """An earlier host of the site holds its data and could not be ended."""


async def acquire_host_lock(paths: SitePaths) -> int:
    """Return a locked descriptor, after any earlier host has ended by itself or been killed."""
    descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if await _try_until(descriptor, monotonic() + GRACE_SECONDS):
            return descriptor
        _kill_noted_host(paths)
        if await _try_until(descriptor, monotonic() + KILL_SECONDS):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    raise HostStillRunningError(f"another process holds {paths.lock}; end it and start again")


async def ensure_no_host(paths: SitePaths) -> None:
    """Return when no host of the site is alive."""
    os.close(await acquire_host_lock(paths))


def kill_group(pid: int) -> None:
    """Kill a host with its workers: it leads a process group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


async def _try_until(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if monotonic() >= deadline:
                return False
        await asyncio.sleep(POLL_SECONDS)


def _kill_noted_host(paths: SitePaths) -> None:
    noted = read_identity(paths.pid_file)
    if noted is not None and noted.is_alive():
        kill_group(noted.pid)
