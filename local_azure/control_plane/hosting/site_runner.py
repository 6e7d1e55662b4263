"""Keeps one site as it should be: its host running and restarted after crashes, or a page that says why not."""

import asyncio
import logging
import socket
from collections.abc import Coroutine
from time import monotonic
from typing import Any

from local_azure.control_plane.hosting.host_lock import HostStillRunningError
from local_azure.control_plane.hosting.launch import Launch
from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.hosting.restarts import next_restart_delay
from local_azure.control_plane.hosting.site_process import SiteProcess, start_site_process
from local_azure.control_plane.hosting.stand_in_page import StandInPage, crashed, serving

log = logging.getLogger(__name__)

Wanted = Launch | StandInPage


class SiteRunner:
    """Owns a site's listening socket and whatever answers on it."""

    def __init__(self, paths: SitePaths, listener: socket.socket) -> None:
        """Take over a listening socket."""
        self._paths = paths
        self._listener = listener
        self._lock = asyncio.Lock()
        self._wanted: Wanted | None = None
        self._halt = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._process: SiteProcess | None = None
        self.crashes = 0

    @property
    def pid(self) -> int | None:
        """Return the id of the running host."""
        return self._process.pid if self._process else None

    async def apply(self, wanted: Wanted, *, force: bool = False) -> None:
        """Make the site so; nothing happens when it is so already, unless forced. The old host has ended on return."""
        async with self._lock:
            if wanted == self._wanted and not force:
                return
            await self._end()
            self._wanted = wanted
            self._halt = asyncio.Event()
            self._task = asyncio.create_task(self._keep(wanted, self._halt), name=f"site {self._paths.root.name}")

    async def close(self) -> None:
        """End the host and release the port."""
        async with self._lock:
            await self._end()
            self._listener.close()

    async def _end(self) -> None:
        if self._task is None:
            return
        self._halt.set()
        self._wanted = None
        # Whoever waits may be cancelled, as a deployment when its site is deleted; the host has to end all the same.
        await asyncio.shield(self._task)
        self._task = None

    async def _keep(self, wanted: Wanted, halt: asyncio.Event) -> None:
        if isinstance(wanted, StandInPage):
            async with serving(wanted, self._listener):
                await halt.wait()
            return
        delay: float | None = None
        while not halt.is_set():
            started = monotonic()
            await self._run(wanted, halt)
            if halt.is_set():
                return
            self.crashes += 1
            delay = next_restart_delay(delay, monotonic() - started)
            if delay:
                await self._pause(delay, halt)

    async def _run(self, launch: Launch, halt: asyncio.Event) -> None:
        """Return when the host has ended, by itself or because of `halt`."""
        try:
            self._process = await start_site_process(launch, self._paths, self._listener.fileno())
        except (OSError, HostStillRunningError) as exc:
            log.error("%s: the host could not be started: %s", self._paths.root.name, exc)
            return
        try:
            if not await _first(self._process.wait(), halt):
                await self._process.stop()
            else:
                log.warning("%s: the host ended unasked; see %s", self._paths.root.name, self._paths.log)
        finally:
            self._process = None

    async def _pause(self, delay: float, halt: asyncio.Event) -> None:
        async with serving(crashed(delay), self._listener):
            try:
                await asyncio.wait_for(halt.wait(), delay)
            except TimeoutError:
                return


async def _first(ending: Coroutine[Any, Any, int], halt: asyncio.Event) -> bool:
    """Wait for an ending or a halt; tell whether it was the ending."""
    ended = asyncio.ensure_future(ending)
    halted = asyncio.ensure_future(halt.wait())
    await asyncio.wait({ended, halted}, return_when=asyncio.FIRST_COMPLETED)
    is_ended = ended.done()
    for task in (ended, halted):
        task.cancel()
    return is_ended
