"""The parts of a control plane and how they hold together."""

from dataclasses import dataclass

import aiohttp
from aiohttp import web

from local_azure.control_plane.arm.app import arm_handler
from local_azure.control_plane.arm.calls import ArmRoute
from local_azure.control_plane.arm.functions import Functions
from local_azure.control_plane.arm.group_deletion import GroupDeletion
from local_azure.control_plane.arm.keys import HostKeysEndpoints
from local_azure.control_plane.arm.locks import Locks
from local_azure.control_plane.arm.names import Names
from local_azure.control_plane.arm.plans import Plans
from local_azure.control_plane.arm.resource_groups import ResourceGroups
from local_azure.control_plane.arm.resources import Resources
from local_azure.control_plane.arm.settings import SiteSettings
from local_azure.control_plane.arm.site_details import SiteDetails
from local_azure.control_plane.arm.sites import Sites
from local_azure.control_plane.arm.slots import Slots
from local_azure.control_plane.arm.swaps import Swaps
from local_azure.control_plane.arm.tags import Tags
from local_azure.control_plane.faults.board import FaultBoard
from local_azure.control_plane.faults.endpoint import FaultsEndpoint
from local_azure.control_plane.faults.operations import FaultedOperations
from local_azure.control_plane.faults.striking import Striking
from local_azure.control_plane.hosting.supervisor import Supervisor
from local_azure.control_plane.identity import Identities
from local_azure.control_plane.identity_endpoint import IdentityEndpoint
from local_azure.control_plane.kudu.app import Scm, scm_app
from local_azure.control_plane.kudu.build import RemoteBuild
from local_azure.control_plane.kudu.deployer import Deployer
from local_azure.control_plane.settings import Settings
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.site_removal import SiteRemoval
from local_azure.control_plane.site_table import SiteTable
from local_azure.control_plane.store import Store

LANDING = "Local Azure: Resource Manager at /subscriptions/…, tokens at /msi/token. See `local-azure status`.\n"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running control plane is made of."""

    settings: Settings
    base_url: str
    store: Store
    identities: Identities
    supervisor: Supervisor
    lifecycle: SiteLifecycle
    deployer: Deployer
    removal: SiteRemoval
    deletion: GroupDeletion
    swaps: Swaps
    faults: FaultBoard
    faulted: FaultedOperations


def assemble(settings: Settings, store: Store, identities: Identities, base_url: str) -> Parts:
    """Make the parts; nothing runs yet."""

    # Each site's deployment endpoint needs the deployer, which is made of what is made from the supervisor.
    def scm_for(key: str) -> web.Application:
        scm = Scm(key, store, deployer, supervisor.paths(key), settings.max_package_bytes)
        return scm_app(scm, identities, base_url, striking.middleware(lambda request: f"scm/{key}{request.path}"))

    faults, faulted = FaultBoard(), FaultedOperations()
    striking = Striking(faults, faulted)
    supervisor = Supervisor(settings, base_url, scm_for)
    lifecycle = SiteLifecycle(store, supervisor)
    build = RemoteBuild(settings.build_cache_dir)
    deployer = Deployer(store, lifecycle, supervisor, build, max_bytes=settings.max_package_bytes)
    removal = SiteRemoval(lifecycle, deployer)
    deletion = GroupDeletion(store, removal)
    swaps = Swaps(store, lifecycle)
    return Parts(
        settings=settings,
        base_url=base_url,
        store=store,
        identities=identities,
        supervisor=supervisor,
        lifecycle=lifecycle,
        deployer=deployer,
        removal=removal,
        deletion=deletion,
        swaps=swaps,
        faults=faults,
        faulted=faulted,
    )


def front_app(parts: Parts, session: aiohttp.ClientSession) -> web.Application:
    """Build the application on the control plane's own port."""

    async def landing(_: web.Request) -> web.Response:
        return web.Response(text=LANDING)

    striking = Striking(parts.faults, parts.faulted)
    app = web.Application(middlewares=[striking.middleware(lambda request: request.path)])
    FaultsEndpoint(parts.faults, parts.identities, parts.base_url).add_to(app)
    app.router.add_get("/", landing)
    app.router.add_get("/msi/token", IdentityEndpoint(parts.identities).token)
    # One handler for the rest: Resource Manager's paths compare without case, which aiohttp's router does not.
    arm = arm_handler(arm_routes(parts, session), parts.identities, parts.base_url, parts.store)
    app.router.add_route("*", "/{path:.*}", arm)
    return app


def arm_routes(parts: Parts, session: aiohttp.ClientSession) -> list[ArmRoute]:
    """Gather what Resource Manager serves."""
    store, settings, supervisor = parts.store, parts.settings, parts.supervisor
    served = (
        ResourceGroups(store, parts.deletion),
        Plans(store, settings),
        Sites(store, parts.lifecycle, parts.removal, settings),
        SiteSettings(store, parts.lifecycle),
        Slots(store, parts.lifecycle, parts.swaps, parts.deployer, settings),
        HostKeysEndpoints(store, supervisor, parts.lifecycle),
        Functions(store, supervisor, settings, session),
        Names(store),
        SiteDetails(store),
        parts.faulted,
        Resources(store),
        Tags(store),
        Locks(store),
        SiteTable(store, supervisor, settings),
    )
    return [route for endpoints in served for route in endpoints.routes()]
