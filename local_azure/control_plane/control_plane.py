"""Puts the control plane together: one process with Resource Manager, identity, deployment endpoints and supervisor."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from local_azure.control_plane.arm.app import arm_handler
from local_azure.control_plane.arm.calls import ArmRoute
from local_azure.control_plane.arm.functions import Functions
from local_azure.control_plane.arm.group_deletion import GroupDeletion
from local_azure.control_plane.arm.keys import HostKeysEndpoints
from local_azure.control_plane.arm.names import Names
from local_azure.control_plane.arm.plans import Plans
from local_azure.control_plane.arm.resource_groups import ResourceGroups
from local_azure.control_plane.arm.resources import Resources
from local_azure.control_plane.arm.settings import SiteSettings
from local_azure.control_plane.arm.sites import Sites
from local_azure.control_plane.arm.tags import Tags
from local_azure.control_plane.errors import ControlPlaneError
from local_azure.control_plane.hosting.ports import listen
from local_azure.control_plane.hosting.supervisor import Supervisor
from local_azure.control_plane.identity import Identities, load_or_create_operator_header, write_bootstrap
from local_azure.control_plane.identity_endpoint import IdentityEndpoint
from local_azure.control_plane.kudu.app import Scm, scm_app
from local_azure.control_plane.kudu.build import RemoteBuild
from local_azure.control_plane.kudu.deployer import Deployer
from local_azure.control_plane.settings import DEFAULT_SUBSCRIPTION, Settings
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.site_removal import SiteRemoval
from local_azure.control_plane.site_table import SiteTable
from local_azure.control_plane.store import Store


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Run a control plane on the state folder; give its base URL once everything in it is up."""
    async with AsyncExitStack() as stack:
        settings.sites_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(_sole_owner(settings.state_dir))
        # Bound before the sites start and served after: their first requests wait in the backlog.
        listener = listen(settings.host, settings.port)
        stack.callback(listener.close)
        base_url = f"http://{settings.host}:{listener.getsockname()[1]}"
        store = Store(settings.state_dir / "control.db")
        stack.callback(store.close)
        bootstrap = settings.state_dir / "bootstrap.json"
        operator_header = load_or_create_operator_header(bootstrap)
        identities = Identities(store, operator_header)

        def scm_for(key: str) -> web.Application:
            paths = supervisor.paths(key)
            return scm_app(Scm(key, store, deployer, paths, settings.max_package_bytes), identities, base_url)

        supervisor = Supervisor(settings, base_url, scm_for)
        stack.push_async_callback(supervisor.close)
        lifecycle = SiteLifecycle(store, supervisor)
        build = RemoteBuild(settings.build_cache_dir)
        deployer = Deployer(store, lifecycle, supervisor, build, max_bytes=settings.max_package_bytes)
        stack.push_async_callback(deployer.close)
        removal = SiteRemoval(lifecycle, deployer)
        deletion = GroupDeletion(store, removal)
        stack.push_async_callback(deletion.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())

        sites = store.sites.find()
        await supervisor.end_leftovers(frozenset(site.key for site in sites))
        await asyncio.gather(*(supervisor.readopt(site) for site in sites))
        deployer.resume()
        deletion.resume()

        routes: list[ArmRoute] = [
            route
            for endpoints in (
                ResourceGroups(store, deletion),
                Plans(store, settings),
                Sites(store, lifecycle, removal, settings),
                SiteSettings(store, lifecycle),
                HostKeysEndpoints(store, supervisor),
                Functions(store, supervisor, settings, session),
                Names(store),
                Resources(store),
                Tags(store),
                SiteTable(store, supervisor, settings),
            )
            for route in endpoints.routes()
        ]
        app = _front_app(IdentityEndpoint(identities), arm_handler(routes, identities, base_url))
        await stack.enter_async_context(_served(app, listener))
        write_bootstrap(
            bootstrap, base_url=base_url, operator_header=operator_header, subscription=DEFAULT_SUBSCRIPTION
        )
        yield base_url
