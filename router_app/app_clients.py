"""Clients of the version apps on one pooled session, with their keys: fetched on first use, kept in memory only."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakValueDictionary

import aiohttp

from provisioning import AppAnswer, AppPlatform, HostKeys, open_session
from provisioning import VersionApp as AppClient
from router_app.settings import Settings
from router_app.turns import Turns, WaitingRoom
from version_registry.model import VersionApp

KEY_THREADS = 8


class AppClients:
    """Opens a client per version app. Belongs to one event loop: the worker's."""

    def __init__(self, settings: Settings, platform: Callable[[], AppPlatform]) -> None:
        self._settings = settings
        self._platform = platform
        self._session: aiohttp.ClientSession | None = None
        self._keys: dict[str, asyncio.Task[HostKeys]] = {}
        # Threads of their own: keys come from the app itself, by way of Azure, and a slow one must not hold up stores.
        self._key_threads = ThreadPoolExecutor(KEY_THREADS, "app-keys")
        self._room = WaitingRoom(settings.limits.waiting_calls)
        # Of apps that nobody calls at the moment there is nothing to remember.
        self._turns: WeakValueDictionary[str, Turns] = WeakValueDictionary()

    async def open(self, app: VersionApp) -> AppClient:
        """Return a client of the app; ProvisioningError if its keys cannot be had."""
        keys = await self._keys_of(app)
        base_url = f"{self._settings.site_scheme}://{app.host}"
        deadline = self._settings.timings.forward_deadline
        return AppClient(self._shared_session(), base_url, keys, deadline=deadline, turn=self.turns(app).turn)

    def turns(self, app: VersionApp) -> Turns:
        """Return the turns of calls to the app, which its clients keep."""
        found = self._turns.get(app.name)
        if found is None:
            limits = self._settings.limits
            found = Turns(limits.calls_per_app, self._room, limits.turn_patience)
            self._turns[app.name] = found
        return found

    async def ask(self, app: VersionApp, question: Callable[[AppClient], Awaitable[AppAnswer]]) -> AppAnswer:
        """Ask the app; if it refuses the key, which may have been rotated, fetch the key anew and ask once more."""
        answer = await question(await self.open(app))
        if answer.status != 401:
            return answer
        self.forget(app.name)
        return await question(await self.open(app))

    async def secrets(self, app: VersionApp) -> tuple[str, ...]:
        """Return the app's keys, to look for them where they must not be."""
        keys = await self._keys_of(app)
        return tuple(key for key in (keys.durable, keys.default, keys.master) if key)

    def forget(self, app_name: str) -> None:
        """Drop the app's keys."""
        self._keys.pop(app_name, None)

    async def close(self) -> None:
        """Close the pooled session; keys that are still on their way are not awaited."""
        self._key_threads.shutdown(wait=False, cancel_futures=True)
        if self._session is not None:
            await self._session.close()

    async def _keys_of(self, app: VersionApp) -> HostKeys:
        fetching = self._keys.get(app.name) or self._begin_to_fetch_keys(app.name)
        if fetching.done():
            return fetching.result()
        # Waiting for a key is a call like any other: it comes from the app.
        async with self.turns(app).turn():
            # Shielded: one caller that gives up must not fail the others.
            return await asyncio.shield(fetching)

    def _begin_to_fetch_keys(self, app_name: str) -> asyncio.Task[HostKeys]:
        loop = asyncio.get_running_loop()

        async def fetch() -> HostKeys:
            return await loop.run_in_executor(self._key_threads, self._fetch_keys, app_name)

        fetching = self._keys[app_name] = loop.create_task(fetch())
        fetching.add_done_callback(lambda done: self._drop_useless(app_name, done))
        return fetching

    def _fetch_keys(self, app_name: str) -> HostKeys:
        return self._platform().host_keys(app_name)

    def _drop_useless(self, app_name: str, done: asyncio.Task[HostKeys]) -> None:
        """Drop a failure, and keys without the durable one: an app has that only once its host has started."""
        useful = not done.cancelled() and done.exception() is None and done.result().durable is not None
        if not useful and self._keys.get(app_name) is done:
            del self._keys[app_name]

    def _shared_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = open_session()
        return self._session
