"""What a site's host says about itself, told through Resource Manager."""

from typing import Any

import aiohttp

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute
from local_azure.control_plane.arm.errors import app_service_error, resource_not_found
from local_azure.control_plane.arm.shapes import function_json, list_json
from local_azure.control_plane.arm.site_lookup import require_site, site_routes
from local_azure.control_plane.arm.site_shape import SITES
from local_azure.control_plane.hosting.supervisor import Supervisor
from local_azure.control_plane.records import Site, SiteState
from local_azure.control_plane.settings import Settings
from local_azure.control_plane.store import Store
from local_azure.functions_host.keys import load_or_create

HOST_TIMEOUT_SECONDS = 20


class Functions:
    """The endpoints of functions and of the host's status."""

    def __init__(
        self, store: Store, supervisor: Supervisor, settings: Settings, session: aiohttp.ClientSession
    ) -> None:
        """Ask hosts over `session`."""
        self._store = store
        self._supervisor = supervisor
        self._settings = settings
        self._session = session

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            *site_routes("GET", "/functions", self.list_all),
            *site_routes("GET", "/functions/{function}", self.get),
            *site_routes("GET", "/hostruntime/admin/host/status", self.host_status),
        ]

    async def list_all(self, call: ArmCall) -> ArmReply:
        """List the functions that the host has indexed; none where nothing runs."""
        site = require_site(self._store, call)
        return ArmReply(
            200, list_json([function_json(site, f, host=self._settings.host) for f in await self._all(site)])
        )

    async def get(self, call: ArmCall) -> ArmReply:
        """Return one function."""
        site = require_site(self._store, call)
        wanted = call.path["function"].lower()
        for function in await self._all(site):
            if str(function["name"]).lower() == wanted:
                return ArmReply(200, function_json(site, function, host=self._settings.host))
        raise resource_not_found(f"{SITES}/functions", f"{site.name}/{call.path['function']}", site.group_name)

    async def host_status(self, call: ArmCall) -> ArmReply:
        """Pass the host's own status on."""
        return ArmReply(200, await self._ask(require_site(self._store, call), "/admin/host/status"))

    async def _all(self, site: Site) -> list[dict[str, Any]]:
        if site.state is SiteState.STOPPED or not site.active_deployment:
            return []
        found: list[dict[str, Any]] = await self._ask(site, "/admin/functions")
        return found

    async def _ask(self, site: Site, path: str) -> Any:
        """Call the host's admin API. A host that does not answer is 503, which clients try again."""
        key = load_or_create(self._supervisor.paths(site.key).data).master
        url = f"http://{self._settings.host}:{site.port}{path}"
        timeout = aiohttp.ClientTimeout(total=HOST_TIMEOUT_SECONDS)
        try:
            async with self._session.get(url, headers={"x-functions-key": key}, timeout=timeout) as response:
                response.raise_for_status()
                return await response.json()
        except (aiohttp.ClientError, TimeoutError) as exc:
            template = "The Functions host of site '{0}' does not answer."
            raise app_service_error(503, "ServiceUnavailable", template, (site.name,)) from exc
