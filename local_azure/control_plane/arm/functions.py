"""What a site's host says about itself, told through Resource Manager."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import aiohttp

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute
from local_azure.control_plane.arm.errors import app_service_error, arm_error, resource_not_found
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
            *site_routes("GET", "/hostruntime/{path:path}", self.host_runtime),
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

    async def host_runtime(self, call: ArmCall) -> ArmReply:
        """Pass on what the host says of itself and of its extensions."""
        site = require_site(self._store, call)
        path = call.path["path"]
        if not path.lower().startswith(("admin/", "runtime/webhooks/")):
            raise arm_error(404, "NotFound", f"A host's own interface has no '{path}'.")
        return ArmReply(200, await self._ask(site, f"/{path}", call.query))

    async def _all(self, site: Site) -> list[dict[str, Any]]:
        if site.state is SiteState.STOPPED or not site.has_code:
            return []
        found: list[dict[str, Any]] = await self._ask(site, "/admin/functions")
        return found

    async def _ask(self, site: Site, path: str, query: Mapping[str, str] = MappingProxyType({})) -> Any:
        """Call the host's own interface. A host that does not answer is 503, which clients try again."""
        key = load_or_create(self._supervisor.paths(site.key).data).master
        url = f"http://{self._settings.host}:{site.port}{path}"
        timeout = aiohttp.ClientTimeout(total=HOST_TIMEOUT_SECONDS)
        passed_on = {name: value for name, value in query.items() if name != "api-version"}
        headers = {"x-functions-key": key}
        try:
            async with self._session.get(url, params=passed_on, headers=headers, timeout=timeout) as response:
                if response.status == 404:
                    raise arm_error(404, "NotFound", f"The host of site '{site.name}' has no '{path}'.")
                response.raise_for_status()
                return await response.json()
        except (aiohttp.ClientError, TimeoutError) as exc:
            template = "The Functions host of site '{0}' does not answer."
            raise app_service_error(503, "ServiceUnavailable", template, (site.name,)) from exc
