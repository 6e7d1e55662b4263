"""Carries deployments out, one at a time for each site: unpack, build, switch.

A package is on disk and its deployment in the store before it is accepted. After a crash every accepted deployment
starts over from its package; the one write that switches the site decides whether it has happened.
"""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from local_azure.control_plane.clock import timestamp
from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.hosting.supervisor import Supervisor
from local_azure.control_plane.kudu.build import RemoteBuild
from local_azure.control_plane.kudu.errors import BuildError, DeploymentRunningError, PackageError, SiteGoneError
from local_azure.control_plane.kudu.journal import Journal
from local_azure.control_plane.kudu.sabotage import (
    EndingError,
    check_ending,
    is_switched_off,
    spoil_build,
    spoil_content,
)
from local_azure.control_plane.kudu.unpack import unpack
from local_azure.control_plane.records import FINISHED, Deployment, DeploymentStatus, Site
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.store import Store

log = logging.getLogger(__name__)


class Deployer:
    """Runs the accepted deployments."""

    def __init__(
        self, store: Store, lifecycle: SiteLifecycle, supervisor: Supervisor, build: RemoteBuild, *, max_bytes: int
    ) -> None:
        """Deploy to the sites of `store`; packages may unpack to `max_bytes`."""
        self._store = store
        self._lifecycle = lifecycle
        self._supervisor = supervisor
        self._build = build
        self._max_bytes = max_bytes
        self._uploading: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @contextmanager
    def reserve(self, site: str) -> Iterator[None]:
        """Keep other deployments of the site out while a package is uploaded, or raise DeploymentRunningError."""
        if self.is_busy(site):
            raise DeploymentRunningError("A deployment of this site is in progress. Try again when it has ended.")
        self._uploading.add(site)
        try:
            yield
        finally:
            self._uploading.discard(site)

    def accept(self, deployment: Deployment) -> "asyncio.Task[None]":
        """Note a deployment whose package is on disk, and begin it."""
        if self._store.sites.get(deployment.site) is None:
            raise SiteGoneError("The site was deleted while its package was uploaded.")
        deployment = replace(deployment, sequence=self._store.next_deployment_sequence())
        self._store.deployments.put(deployment)
        return self._begin(deployment)

    def resume(self) -> None:
        """Go on with what a crash interrupted, and drop what was never accepted."""
        unfinished = [one for one in self._store.deployments.find() if one.status not in FINISHED]
        accepted = {deployment.id for deployment in unfinished}
        for site in self._store.sites.find():
            sweep_uploads(self._supervisor.paths(site.key), accepted)
        self._build.sweep()
        for deployment in unfinished:
            self._begin(deployment)

    def is_busy(self, site: str) -> bool:
        """Tell whether a deployment of the site is under way."""
        return site in self._uploading or site in self._tasks

    async def abandon(self, site: str) -> None:
        """Stop the site's deployment, if one runs."""
        task = self._tasks.get(site)
        if task is not None:
            await _cancel(task)

    async def close(self) -> None:
        """Leave the rest for the next start."""
        await asyncio.gather(*(_cancel(task) for task in [*self._tasks.values()]))

    def _begin(self, deployment: Deployment) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._deploy(deployment), name=f"deploy {deployment.site}")
        self._tasks[deployment.site] = task
        task.add_done_callback(lambda _: self._release(deployment.site, task))
        return task

    def _release(self, site: str, task: "asyncio.Task[Any] | None") -> None:
        # The site may have its next deployment by now.
        if self._tasks.get(site) is task:
            self._tasks.pop(site, None)

    async def _deploy(self, deployment: Deployment) -> None:
        paths = self._supervisor.paths(deployment.site)
        deployment = replace(deployment, started=deployment.started or timestamp())
        ended = await self._outcome(deployment, paths)
        site = self._store.sites.get(deployment.site)
        if site is None:
            return
        await asyncio.to_thread(prune, paths, self._in_use(site, ending=deployment.id))
        # Free before it is told: whoever reads that this deployment has ended may start the next at once.
        self._release(deployment.site, asyncio.current_task())
        self._store.deployments.put(ended)
        paths.package(deployment.id).unlink(missing_ok=True)

    async def _outcome(self, deployment: Deployment, paths: SitePaths) -> Deployment:
        journal = Journal(paths.deployment_log(deployment.id))
        try:
            await self._carry_out(deployment, paths, journal)
        except (PackageError, BuildError, SiteGoneError) as exc:
            reason = str(exc)
        except EndingError as ending:
            journal.say(str(ending))
            return replace(deployment, status=ending.status, status_text=str(ending), ended=timestamp())
        except Exception as exc:  # a deployment that ends without a word would keep the site busy for ever
            log.exception("deployment %s of %s failed", deployment.id, deployment.site)
            reason = f"{type(exc).__name__}: {exc}"
        else:
            journal.say("Deployment successful.")
            return replace(deployment, status=DeploymentStatus.SUCCESS, ended=timestamp())
        if paths.deployments.exists():
            journal.say(f"Deployment failed: {reason}")
        return replace(deployment, status=DeploymentStatus.FAILED, status_text=reason, ended=timestamp())

    async def _carry_out(self, deployment: Deployment, paths: SitePaths, journal: Journal) -> None:
        if self._is_switched(deployment):
            return
        self._check_runtime(deployment)
        content = paths.content(deployment.id)
        self._store.deployments.put(replace(deployment, status=DeploymentStatus.BUILDING))
        count = await asyncio.to_thread(unpack, paths.package(deployment.id), content, max_bytes=self._max_bytes)
        journal.say(f"Unpacked {count} files.")
        await spoil_build(deployment, journal)
        if deployment.remote_build:
            await self._build.run(content, journal)
        spoil_content(deployment, content)
        check_ending(deployment)
        self._store.deployments.put(replace(deployment, status=DeploymentStatus.DEPLOYING))
        journal.say("Switching the site to the new package …")
        if is_switched_off(deployment):
            return

        def switch(site: Site) -> Site:
            return replace(site, active_deployment=deployment.id)

        if await self._lifecycle.change(deployment.site, switch) is None:
            raise SiteGoneError("the site was deleted")

    def _check_runtime(self, deployment: Deployment) -> None:
        site = self._store.sites.get(deployment.site)
        if site is not None and site.runtime != "python":
            raise PackageError(f"Local Azure runs python; the runtime of this site is {site.runtime}")

    def _in_use(self, site: Site, *, ending: str) -> frozenset[str]:
        """Return the deployments whose files the app or one of its slots runs, or is about to."""
        family = [other for other in self._store.sites.find() if other.package_key == site.package_key]
        waiting = (one for each in family for one in self._store.deployments.find(site=each.key))
        unfinished = {one.id for one in waiting if one.status not in FINISHED and one.id != ending}
        return frozenset({each.active_deployment for each in family} | unfinished)

    def _is_switched(self, deployment: Deployment) -> bool:
        site = self._store.sites.get(deployment.site)
        return site is not None and site.active_deployment == deployment.id


def prune(paths: SitePaths, in_use: frozenset[str]) -> None:
    """Drop every unpacked package that nothing runs."""
    if not paths.deployments.exists():
        return
    for entry in paths.deployments.iterdir():
        if entry.is_dir() and entry.name not in in_use:
            shutil.rmtree(entry, ignore_errors=True)


def sweep_uploads(paths: SitePaths, accepted: set[str]) -> None:
    """Drop packages that no accepted deployment waits for: their upload broke off or was never acknowledged."""
    for pattern in ("*.part", "*.zip"):
        for package in paths.deployments.glob(pattern):
            if pattern == "*.part" or package.stem not in accepted:
                package.unlink()


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
