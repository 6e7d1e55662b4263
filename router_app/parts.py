"""What the functions of one process share, each opened on first use: a cold start pays only for what it needs."""

import asyncio
import logging
import tempfile
from functools import cached_property
from pathlib import Path

from provisioning import (
    TRAITS,
    AppPlatform,
    Archive,
    AzurePlatform,
    AzureSettings,
    Claims,
    ObjectStore,
    PackageStore,
    open_credential,
    open_store,
)
from provisioning.documents import Documents
from router_app.app_clients import AppClients
from router_app.one_at_a_time import OneAtATime
from router_app.settings import Settings
from router_app.snapshot import TableSnapshots

FETCHES_AT_ONCE = 2
"""Packages that are fetched from URLs at the same time: each may take the disk a package's limit."""

log = logging.getLogger("durable_router")


class Parts:
    """The router's settings, caches and adapters."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tables = TableSnapshots(settings.timings.table_ttl)
        self.apps = AppClients(settings, lambda: self.platform)
        self.repeats = OneAtATime()
        self.fetches = asyncio.Semaphore(FETCHES_AT_ONCE)

    @cached_property
    def platform(self) -> AppPlatform:
        """Where version apps run. Loads the Azure SDKs when it is first asked something."""
        settings = self.settings
        if warning := TRAITS[settings.hosting].warning:
            log.warning(warning)
        return AzurePlatform(
            AzureSettings(
                subscription_id=settings.subscription_id,
                resource_group=settings.resource_group,
                router_id=settings.router_id,
                arm_endpoint=settings.arm_endpoint,
                identity_client_id=settings.identity_client_id,
                run_from=settings.package_storage if settings.run_from_package else None,
            )
        )

    @cached_property
    def packages(self) -> PackageStore:
        """The packages of all releases."""
        work_dir = Path(tempfile.gettempdir()) / f"durable-router-{self.settings.router_id}"
        return PackageStore(self.store, work_dir, max_bytes=self.settings.max_package_bytes)

    @cached_property
    def archive(self) -> Archive:
        """Final states of the instances of retired lines."""
        return Archive(self.store)

    @cached_property
    def claims(self) -> Claims:
        """Which instance each idempotency key stands for."""
        return Claims(self.store)

    @cached_property
    def orphans(self) -> Documents:
        """What housekeeping remembers of version apps that no table knows, by their names."""
        return Documents(self.store, "orphans")

    @cached_property
    def store(self) -> ObjectStore:
        """Where everything is kept that is not in the task hub."""
        local = self.settings.store.startswith("file:")
        return open_store(self.settings.store, None if local else open_credential(self.settings.identity_client_id))
