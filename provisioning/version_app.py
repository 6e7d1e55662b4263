"""An async client of one version app: starts, management calls, pass-through, and the instances it holds."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from urllib.parse import quote

import aiohttp

from provisioning.app_http import AppAnswer, AppHttp, VersionAppError
from provisioning.instances import InstancePage, UnfinishedCount, count_unfinished, list_instances
from provisioning.port import HostKeys

DURABLE_API = "/runtime/webhooks/durabletask"

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""Opens what each call is made in; VersionAppError `busy` if the call is not to be made."""


class VersionApp:
    """One version app, reached over a shared session (app_http.open_session)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        keys: HostKeys,
        *,
        deadline: timedelta = timedelta(seconds=30),
        turn: Turn = nullcontext,
    ) -> None:
        """`base_url` is `scheme://host[:port]`."""
        self._http = AppHttp(session, base_url, deadline)
        self._keys = keys
        self._turn = turn

    async def start(self, name: str, instance_id: str, body: bytes, headers: Mapping[str, str]) -> AppAnswer:
        """Start an orchestration; the answer is the app's, also when it refuses."""
        path = f"orchestrators/{quote(name, safe='')}/{quote(instance_id, safe='')}"
        return await self.manage("POST", path, query={}, headers=headers, body=body)

    async def get_status(self, instance_id: str, query: Mapping[str, str] | None = None) -> AppAnswer:
        """Read an instance's status."""
        path = f"instances/{quote(instance_id, safe='')}"
        return await self.manage("GET", path, query=query or {}, headers={}, body=b"")

    async def manage(
        self, method: str, path: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> AppAnswer:
        """Call the durable HTTP API at an escaped path below it: `instances/{id}/terminate`."""
        if self._keys.durable is None:
            # Not the master key instead: it opens far more than this API.
            message = "the app has no durable key yet: its host has not started"
            raise VersionAppError(message, "unexpected_answer")
        path = f"{DURABLE_API}/{path}"
        async with self._turn():
            return await self._http.send(method, path, key=self._keys.durable, query=query, headers=headers, body=body)

    async def forward(
        self, method: str, path: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> AppAnswer:
        """Pass a call to the app's own HTTP triggers, with its function key; `path` is escaped and from the root."""
        async with self._turn():
            return await self._http.send(method, path, key=self._keys.default, query=query, headers=headers, body=body)

    async def count_unfinished(self) -> UnfinishedCount:
        """Count the instances that are not done; never raises."""
        return await count_unfinished(self.manage)

    async def list_instances(self, cursor: str | None = None, *, top: int = 100) -> InstancePage:
        """Read one page of instances for the archive; VersionAppError if there is any doubt."""
        return await list_instances(self.manage, cursor, top=top)
