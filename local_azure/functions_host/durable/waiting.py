"""Clients that wait for an orchestration to finish, woken by its last commit."""

import asyncio
from collections import defaultdict

from local_azure.functions_host.durable.records import InstanceState


class Waiters:
    """Futures by instance id."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Future[InstanceState | None]]] = defaultdict(set)

    async def wait(self, instance_id: str, timeout_s: float) -> InstanceState | None:
        """Return the instance as it ended, or None when the time is over first."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[InstanceState | None] = loop.create_future()
        self._waiting[instance_id].add(future)
        alarm = loop.call_later(timeout_s, resolve, future, None)
        try:
            return await future
        finally:
            alarm.cancel()
            self._waiting[instance_id].discard(future)
            if not self._waiting[instance_id]:
                del self._waiting[instance_id]

    def finished(self, state: InstanceState) -> None:
        """Wake those who wait for the instance."""
        for future in self._waiting.get(state.id, ()):
            resolve(future, state)

    def close(self) -> None:
        """Let nobody wait any longer."""
        for futures in self._waiting.values():
            for future in futures:
                resolve(future, None)


def resolve(future: asyncio.Future[InstanceState | None], state: InstanceState | None) -> None:
    """Give the future its result unless it has one."""
    if not future.done():
        future.set_result(state)
