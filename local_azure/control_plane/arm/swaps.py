"""Swaps slots in the background. Goes on after a crash."""

import asyncio
import uuid

from local_azure.control_plane.records import Operation, Site
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.store import Store


class Swaps:
    """Runs the accepted swaps."""

    def __init__(self, store: Store, lifecycle: SiteLifecycle) -> None:
        """Swap sites of `store` with `lifecycle`."""
        self._store = store
        self._lifecycle = lifecycle
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, source: Site, target: Site) -> Operation:
        """Note the swap, and begin."""
        place = (source.subscription, source.group_name)
        operation = Operation(uuid.uuid4().hex, *place, swap_source=source.name, swap_target=target.name)
        self._store.operations.put(operation)
        self._begin(operation)
        return operation

    def is_swapping(self, *sites: Site) -> bool:
        """Tell whether a swap of one of the sites is under way."""
        names = {site.key for site in sites}
        return any(names & {one.swap_source.lower(), one.swap_target.lower()} for one in self._under_way())

    def resume(self) -> None:
        """Go on with the swaps that a crash interrupted."""
        for operation in self._under_way():
            self._begin(operation)

    async def close(self) -> None:
        """Leave the rest for the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _under_way(self) -> list[Operation]:
        return [one for one in self._store.operations.find(done=False) if one.swap_source]

    def _begin(self, operation: Operation) -> None:
        task = asyncio.create_task(self._lifecycle.swap(operation), name=f"swap {operation.swap_source}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
