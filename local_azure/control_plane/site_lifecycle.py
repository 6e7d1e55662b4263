"""The only place where sites come, change and go: record first, then the process that follows it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from local_azure.control_plane.arm.locks import lock_error
from local_azure.control_plane.clock import timestamp
from local_azure.control_plane.hosting.supervisor import Supervisor, with_ports
from local_azure.control_plane.records import Operation, Site
from local_azure.control_plane.slot_exchange import exchanged
from local_azure.control_plane.store import Store


class SiteLifecycle:
    """Creates, changes and removes sites, one thing at a time for each."""

    def __init__(self, store: Store, supervisor: Supervisor) -> None:
        """Keep records in `store` and processes in `supervisor`."""
        self._store = store
        self._supervisor = supervisor
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def create_or_change(self, name: str, build: Callable[[Site | None], Site]) -> Site:
        """Store what `build` makes of the site as it is; a new one (ports 0) is given its ports.

        `build` may raise to refuse. It runs with nothing in between its reading and the writing of its result.
        """
        async with self._locks[name.lower()]:
            before = self._store.sites.get(name)
            site = replace(build(before), modified=timestamp())
            if before is not None:
                self._store.sites.put(site)
                await self._supervisor.follow(site)
                return site
            ports = self._supervisor.reserve_ports()
            site = with_ports(site, ports)
            self._store.sites.put(site)
            await self._supervisor.adopt(site, ports)
            return site

    async def change(self, name: str, change: Callable[[Site], Site], *, restart: bool = False) -> Site | None:
        """Change a site's record and let its process follow; None when the site is gone."""
        async with self._locks[name.lower()]:
            before = self._store.sites.get(name)
            if before is None:
                return None
            site = replace(change(before), modified=timestamp())
            self._store.sites.put(site)
            await self._supervisor.follow(site, restart=restart)
            return site

    async def remove(self, site: Site, *, keep_plan: bool) -> None:
        """Forget the site, then end its processes. A crash in between is cleaned up at the next start."""
        async with self._locks[site.key]:
            with self._store.transaction():
                self._store.sites.remove(name=site.name)
                self._store.deployments.remove(site=site.key)
                self._store.locks.remove(scope=site.id)
                if not keep_plan:
                    self._remove_plan_if_empty(site.plan_id)
            await self._supervisor.remove(site.key)

    def slots_of(self, site: Site) -> list[Site]:
        """Return the slots of an app."""
        return [other for other in self._store.sites.find() if other.slot and other.package_key == site.package_key]

    async def swap(self, operation: Operation) -> None:
        """Exchange what two sites run, note the operation as done, and let the processes follow.

        It happens in one write: a crash leaves it undone, and to be done, or done.
        """
        first, second = sorted({operation.swap_source.lower(), operation.swap_target.lower()})
        async with self._locks[first], self._locks[second]:
            source = self._store.sites.get(operation.swap_source)
            target = self._store.sites.get(operation.swap_target)
            swapped = exchanged(source, target, at=timestamp()) if source and target else ()
            with self._store.transaction():
                for site in swapped:
                    self._store.sites.put(site)
                if swapped:
                    self._swap_deployments(first, second)
                self._store.operations.put(replace(operation, done=True))
            for site in swapped:
                await self._supervisor.follow(site)

    def _swap_deployments(self, first: str, second: str) -> None:
        """Let the deployments go with the code, as Azure's do, which are files beside it."""
        of_first, of_second = self._store.deployments.find(site=first), self._store.deployments.find(site=second)
        for deployment in of_first:
            self._store.deployments.put(replace(deployment, site=second))
        for deployment in of_second:
            self._store.deployments.put(replace(deployment, site=first))

    def _remove_plan_if_empty(self, plan_id: str) -> None:
        if self._store.sites.find(plan_id=plan_id):
            return
        for plan in self._store.plans.find():
            if plan.id.lower() == plan_id.lower() and not lock_error(self._store.locks.find(), "DELETE", plan.id):
                self._store.plans.remove(subscription=plan.subscription, group_name=plan.group_name, name=plan.name)
