"""Runs a control plane on a state folder: what was there comes up again, then the endpoints open."""

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from local_azure.control_plane.errors import ControlPlaneError
from local_azure.control_plane.hosting.ports import listen
from local_azure.control_plane.identity import Identities, load_or_create_operator_header, write_bootstrap
from local_azure.control_plane.settings import DEFAULT_SUBSCRIPTION, Settings
from local_azure.control_plane.store import Store
from local_azure.control_plane.wiring import Parts, assemble, front_app


class StateInUseError(ControlPlaneError):
    """Another control plane runs on the state folder."""


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Run a control plane; give its base URL once everything that was running before runs again."""
    settings.sites_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    bootstrap = settings.state_dir / "bootstrap.json"
    async with AsyncExitStack() as stack:
        stack.enter_context(_sole_owner(settings.state_dir))
        # Bound before the sites start and served after: their first requests wait in the backlog.
        listener = stack.enter_context(listen(settings.host, settings.port))
        base_url = f"http://{settings.host}:{listener.getsockname()[1]}"
        store = Store(settings.state_dir / "control.db")
        stack.callback(store.close)
        header = load_or_create_operator_header(bootstrap)
        parts = assemble(settings, store, Identities(store, header), base_url)
        await stack.enter_async_context(_revived(parts))
        await stack.enter_async_context(_served(parts, listener))
        write_bootstrap(bootstrap, base_url=base_url, operator_header=header, subscription=DEFAULT_SUBSCRIPTION)
        yield base_url


@asynccontextmanager
async def _revived(parts: Parts) -> AsyncIterator[None]:
    """Run the stored sites and go on with what was interrupted; end it all in order."""
    sites = parts.store.sites.find()
    try:
        await parts.supervisor.end_leftovers(frozenset(site.key for site in sites))
        await asyncio.gather(*(parts.supervisor.readopt(site) for site in sites))
        parts.deployer.resume()
        parts.deletion.resume()
        parts.swaps.resume()
        yield
    finally:
        await parts.faulted.close()
        await parts.deletion.close()
        await parts.swaps.close()
        await parts.deployer.close()
        await parts.supervisor.close()


@asynccontextmanager
async def _served(parts: Parts, listener: socket.socket) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as session:
        runner = web.AppRunner(front_app(parts, session), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        try:
            yield
        finally:
            await runner.cleanup()


@contextmanager
def _sole_owner(state_dir: Path) -> Iterator[None]:
    """Hold the state folder's lock: two control planes would run every site twice."""
    descriptor = os.open(state_dir / "control.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise StateInUseError(
                f"another local Azure runs on {state_dir}; stop it, or choose another --state"
            ) from exc
        yield
    finally:
        os.close(descriptor)
