"""Deletes a resource group in the background: sites, then plans, then the group. Goes on after a crash."""

import asyncio
import uuid
from dataclasses import replace

from local_azure.control_plane.records import Operation, ResourceGroup
from local_azure.control_plane.site_removal import SiteRemoval
from local_azure.control_plane.store import Store


class GroupDeletion:
    """Runs the accepted deletions."""

    def __init__(self, store: Store, removal: SiteRemoval) -> None:
        """Delete groups of `store`, their sites with `removal`."""
        self._store = store
        self._removal = removal
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, group: ResourceGroup) -> Operation:
        """Note that the group goes, and begin; the same operation again when it is going already."""
        under_way = self._operations(group)
        if group.deleting and under_way:
            return under_way[0]
        operation = Operation(uuid.uuid4().hex, group.subscription, group.name)
        with self._store.transaction():
            self._store.groups.put(replace(group, deleting=True))
            self._store.operations.put(operation)
        self._begin(group)
        return operation

    def resume(self) -> None:
        """Go on with the deletions that a crash interrupted."""
        for group in self._store.groups.find(deleting=True):
            self._begin(group)

    async def close(self) -> None:
        """Leave the rest for the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, group: ResourceGroup) -> None:
        task = asyncio.create_task(self._delete(group), name=f"delete group {group.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _delete(self, group: ResourceGroup) -> None:
        place = {"subscription": group.subscription, "group_name": group.name}
        sites = self._store.sites.find(**place, slot="")
        await asyncio.gather(*(self._removal.remove(site, keep_plan=True) for site in sites))
        with self._store.transaction():
            self._store.plans.remove(**place)
            self._store.groups.remove(subscription=group.subscription, name=group.name)
            for operation in self._operations(group):
                self._store.operations.put(replace(operation, done=True))

    def _operations(self, group: ResourceGroup) -> list[Operation]:
        place = {"subscription": group.subscription, "group_name": group.name}
        return self._store.operations.find(**place, done=False, swap_source="")
