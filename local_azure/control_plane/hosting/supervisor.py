"""Runs the sites: gives each its ports and folder, and makes its process follow the stored state."""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from local_azure.control_plane.hosting.external_package import external_content, fetch_package, shown
from local_azure.control_plane.hosting.host_lock import ensure_no_host
from local_azure.control_plane.hosting.launch import plan_launch, platform_from
from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.hosting.ports import PortTakenError, listen, listen_on_free_port, port_candidates
from local_azure.control_plane.hosting.site_runner import SiteRunner, Wanted
from local_azure.control_plane.hosting.stand_in_page import FETCHING, NO_CODE, STOPPED, unfetched
from local_azure.control_plane.kudu.errors import PackageError
from local_azure.control_plane.records import Site, SiteState
from local_azure.control_plane.settings import Settings

# After a kill -9, a killed host's sockets may need a moment to go.
BIND_ATTEMPTS = 50
BIND_PAUSE_SECONDS = 0.1

ScmFactory = Callable[[str], web.Application]


@dataclass(frozen=True, slots=True)
class SitePorts:
    """The two listening sockets of a site that is about to be created."""

    site: socket.socket
    scm: socket.socket

    @property
    def numbers(self) -> tuple[int, int]:
        """Return the port of the site and that of its deployment endpoint."""
        return self.site.getsockname()[1], self.scm.getsockname()[1]

    def release(self) -> None:
        """Give the ports back."""
        self.site.close()
        self.scm.close()


@dataclass(slots=True)
class _Running:
    runner: SiteRunner
    scm: web.AppRunner
    fetch: "asyncio.Task[None] | None" = None


class Supervisor:
    """One runner and one deployment endpoint for each site."""

    def __init__(self, settings: Settings, base_url: str, scm_for: ScmFactory) -> None:
        """Serve with `scm_for(site key)` as the deployment endpoint of each site."""
        self._settings = settings
        self._platform = platform_from(
            os.environ, host_command=settings.host_command, host=settings.host, base_url=base_url
        )
        self._scm_for = scm_for
        self._candidates = port_candidates(settings.state_dir)
        self._running: dict[str, _Running] = {}

    def paths(self, key: str) -> SitePaths:
        """Return where the files of a site are."""
        return SitePaths(self._settings.sites_dir / key, self._settings.sites_dir / key.partition("(")[0])

    def reserve_ports(self) -> SitePorts:
        """Take two free ports for a new site."""
        host = self._settings.host
        first = listen_on_free_port(host, self._candidates)
        try:
            return SitePorts(first, listen_on_free_port(host, self._candidates))
        except BaseException:
            first.close()
            raise

    async def adopt(self, site: Site, ports: SitePorts) -> None:
        """Begin to run a site that is new to this process."""
        paths = self.paths(site.key)
        paths.create()
        scm = web.AppRunner(self._scm_for(site.key), access_log=None, shutdown_timeout=2.0)
        await scm.setup()
        await web.SockSite(scm, ports.scm).start()
        self._running[site.key] = _Running(SiteRunner(paths, ports.site), scm)
        await self.follow(site)

    async def readopt(self, site: Site) -> None:
        """Run a stored site again, on the ports it had."""
        host = self._settings.host
        ports = SitePorts(
            await _bind_patiently(host, site.port, site.name),
            await _bind_patiently(host, site.scm_port, site.name),
        )
        await self.adopt(site, ports)

    async def end_leftovers(self, known: frozenset[str]) -> None:
        """End hosts of an earlier control plane, and drop the folders of sites that are no longer known."""
        folders = [path for path in self._settings.sites_dir.iterdir() if path.is_dir()]
        await asyncio.gather(*(ensure_no_host(SitePaths(folder, folder)) for folder in folders))
        for folder in folders:
            if folder.name not in known:
                await _remove_folder(folder)

    async def follow(self, site: Site, *, restart: bool = False) -> None:
        """Make the site's process follow its record; restarts it when what it was started with has changed."""
        running = self._running[site.key]
        await _end_fetch(running)
        await running.runner.apply(self._wanted(site), force=restart)
        if self._is_to_be_fetched(site):
            running.fetch = asyncio.create_task(self._fetch(site, running.runner), name=f"fetch {site.name}")

    async def _fetch(self, site: Site, runner: SiteRunner) -> None:
        """Get the package of a site that runs from a URL, then run it."""
        url = str(site.package_url)
        content = external_content(self.paths(site.key), url)
        try:
            await fetch_package(url, content, max_bytes=self._settings.max_package_bytes)
        except PackageError as exc:
            await runner.apply(unfetched(shown(url), str(exc)))
        else:
            await runner.apply(self._wanted(site))

    async def remove(self, key: str) -> None:
        """End the site's processes, release its ports and delete its folder."""
        running = self._running.pop(key, None)
        if running is not None:
            await _close(running)
        await _remove_folder(self.paths(key).root)

    async def close(self) -> None:
        """End every site's processes; the records stay, so the next start runs them again."""
        ending = [*self._running.values()]
        self._running.clear()
        await asyncio.gather(*(_close(running) for running in ending))

    def observe(self, key: str) -> tuple[int | None, int]:
        """Return the process id of the site's host, if one runs, and how often it ended unasked."""
        runner = self._running[key].runner
        return runner.pid, runner.crashes

    def _wanted(self, site: Site) -> Wanted:
        if site.state is SiteState.STOPPED:
            return STOPPED
        if not site.has_code:
            return NO_CODE
        if self._is_to_be_fetched(site):
            return FETCHING
        return plan_launch(site, self.paths(site.key), self._platform)

    def _is_to_be_fetched(self, site: Site) -> bool:
        url = site.package_url
        if url is None or site.state is SiteState.STOPPED:
            return False
        return not external_content(self.paths(site.key), url).exists()


def with_ports(site: Site, ports: SitePorts) -> Site:
    """Return the site with the numbers of its ports."""
    port, scm_port = ports.numbers
    return replace(site, port=port, scm_port=scm_port)


async def _close(running: _Running) -> None:
    await _end_fetch(running)
    await running.scm.cleanup()
    await running.runner.close()


async def _end_fetch(running: _Running) -> None:
    fetch, running.fetch = running.fetch, None
    if fetch is not None:
        fetch.cancel()
        await asyncio.gather(fetch, return_exceptions=True)


async def _bind_patiently(host: str, port: int, site: str) -> socket.socket:
    for _ in range(BIND_ATTEMPTS):
        try:
            return listen(host, port)
        except PortTakenError:
            await asyncio.sleep(BIND_PAUSE_SECONDS)
    raise PortTakenError(f"port {port} of site {site} is taken by another program: free it and start again")


async def _remove_folder(folder: Path) -> None:
    if folder.exists():
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
