"""Clients that wait for an orchestration to finish, woken by its last commit."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from local_azure.functions_host.durable.records import InstanceState


class Waiters:
    """Futures by instance id."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Future[bool]]] = defaultdict(set)
        self._closed = False

    async def wait(self, instance_id: str, timeout_s: float, is_finished: Callable[[str], Awaitable[bool]]) -> bool:
        """Return whether the instance finished within the time. `is_finished` asks the store, once."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[instance_id].add(future)  # before asking, so that an end in between is not missed
        try:
            if await is_finished(instance_id):
                return True
            if self._closed:
                return False
            return await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            return False
        finally:
            self._waiting[instance_id].discard(future)
            if not self._waiting[instance_id]:
                del self._waiting[instance_id]

    def finished(self, state: InstanceState) -> None:
        """Wake those who wait for the instance."""
        for future in self._waiting.get(state.id, ()):
            if not future.done():
                future.set_result(True)

    def close(self) -> None:
        """Let nobody wait any longer, those who come later included."""
        self._closed = True
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_result(False)
