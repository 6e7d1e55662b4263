"""One Functions host process of a site: started with its socket, watched, ended."""

import asyncio
import contextlib
import os
from pathlib import Path

from local_azure.control_plane.hosting.host_lock import acquire_host_lock, kill_group
from local_azure.control_plane.hosting.launch import Launch
from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.hosting.process_identity import ProcessIdentity, start_time

STOP_SECONDS = 10.0
LOG_LIMIT_BYTES = 5 << 20


class SiteProcess:
    """A running host. It ends by itself when the control plane dies: it reads EOF on the pipe held here."""

    def __init__(self, process: asyncio.subprocess.Process, lifeline: int) -> None:
        """Own the process and the write end of its lifeline."""
        self._process = process
        self._lifeline = lifeline

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Return the exit code once the host has ended, and see that its workers have too."""
        code = await self._process.wait()
        kill_group(self.pid)
        self._cut_lifeline()
        return code

    async def stop(self) -> None:
        """Ask the host to end; kill it with its workers when it does not."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self.wait(), STOP_SECONDS)
        except TimeoutError:
            kill_group(self.pid)
            await self.wait()

    def _cut_lifeline(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


async def start_site_process(launch: Launch, paths: SitePaths, listener: int) -> SiteProcess:
    """Start the host on an inherited listening socket. Raises OSError when the command cannot be run."""
    lock = await acquire_host_lock(paths)
    orphaned, lifeline = os.pipe()
    rotate(paths.log)
    try:
        with paths.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *launch.command,
                *("--fd", str(listener), "--exit-with-fd", str(orphaned)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                cwd=launch.directory,
                env=dict(launch.environment),
                pass_fds=(listener, orphaned, lock),
                start_new_session=True,
            )
        note(process.pid, paths)
    except BaseException:
        # Whatever failed, a host that runs already ends when its lifeline does.
        os.close(lifeline)
        raise
    finally:
        os.close(orphaned)
        os.close(lock)
    return SiteProcess(process, lifeline)


def note(pid: int, paths: SitePaths) -> None:
    """Write the pid file, unless the process is gone already."""
    started = start_time(pid)
    if started is not None:
        ProcessIdentity(pid, started).write(paths.pid_file)


def rotate(log: Path) -> None:
    """Move a log that has grown large out of the way, replacing the one moved before."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
