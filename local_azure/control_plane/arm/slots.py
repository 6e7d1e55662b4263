"""Slots beyond what every site has: swaps, and what stays where it is in one."""

from dataclasses import replace

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import app_service_error, arm_error, bad_request
from local_azure.control_plane.arm.locations import display_name
from local_azure.control_plane.arm.paths import SITE
from local_azure.control_plane.arm.plan_lookup import find_plan
from local_azure.control_plane.arm.site_lookup import PRODUCTION, require_site, site_not_found, site_routes
from local_azure.control_plane.arm.site_shape import SITES, site_json
from local_azure.control_plane.arm.swaps import Swaps
from local_azure.control_plane.kudu.deployer import Deployer
from local_azure.control_plane.records import JsonObject, Site, slot_record_name
from local_azure.control_plane.settings import Settings
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.store import Store

_STICKY_KINDS = ("connectionStringNames", "appSettingNames", "azureStorageConfigNames")


class Slots:
    """The endpoints of swaps and sticky names."""

    def __init__(
        self, store: Store, lifecycle: SiteLifecycle, swaps: Swaps, deployer: Deployer, settings: Settings
    ) -> None:
        """Swap sites of `store` with `swaps`."""
        self._store = store
        self._lifecycle = lifecycle
        self._swaps = swaps
        self._deployer = deployer
        self._settings = settings

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            *site_routes("POST", "/slotsswap", self.swap),
            *site_routes("GET", "/operationresults/{operation}", self.operation_result),
            arm_route("GET", SITE + "/config/slotConfigNames", self.get_sticky_names),
            arm_route("PUT", SITE + "/config/slotConfigNames", self.put_sticky_names),
        ]

    async def swap(self, call: ArmCall) -> ArmReply:
        """Accept a swap of the path's site with the slot that the body names."""
        source = require_site(self._store, call)
        target = self._target(call, source)
        if target.key == source.key:
            raise bad_request("The source and target slots are the same: '{0}'.", source.slot or PRODUCTION)
        busy = any(self._deployer.is_busy(site.key) for site in (source, target))
        if busy or self._swaps.is_swapping(source, target):
            template = "Cannot modify this site because another operation is in progress."
            raise app_service_error(409, "Conflict", template)
        return self._accepted(call, self._swaps.accept(source, target).id)

    async def operation_result(self, call: ArmCall) -> ArmReply:
        """Answer 202 while the swap goes on, and the site once it is over."""
        site = require_site(self._store, call)
        operation = self._store.operations.get(call.path["operation"])
        if operation is None:
            raise arm_error(404, "NotFound", f"There is no operation '{call.path['operation']}'.")
        if not operation.done:
            return self._accepted(call, operation.id)
        plan = find_plan(self._store, site.plan_id)
        return ArmReply(200, site_json(site, plan, host=self._settings.host))

    async def get_sticky_names(self, call: ArmCall) -> ArmReply:
        """Return which settings stay with their slot."""
        return ArmReply(200, _sticky_json(require_site(self._store, call)))

    async def put_sticky_names(self, call: ArmCall) -> ArmReply:
        """Set which settings stay with their slot."""
        site = require_site(self._store, call)
        given = call.document().get("properties") or {}
        names = {kind: given.get(kind, site.sticky_names.get(kind)) for kind in _STICKY_KINDS}
        changed = await self._lifecycle.change(site.name, lambda before: replace(before, sticky_names=names))
        if changed is None:
            raise site_not_found(call)
        return ArmReply(200, _sticky_json(changed))

    def _target(self, call: ArmCall, source: Site) -> Site:
        name = str(call.document().get("targetSlot") or "")
        if not name:
            raise bad_request("The parameter {0} has an invalid value.", "targetSlot", extended_code="51008")
        slot = "" if name.lower() == PRODUCTION else name
        target = self._store.sites.get(slot_record_name(source.app, slot))
        if target is None:
            raise site_not_found(replace(call, path={**call.path, "slot": name}))
        return target

    def _accepted(self, call: ArmCall, operation: str) -> ArmReply:
        site = require_site(self._store, call)
        path = f"{site.id}/operationresults/{operation}?api-version={call.query.get('api-version', '')}"
        return ArmReply(202, headers={"Location": call.base_url + path})


def _sticky_json(site: Site) -> JsonObject:
    """Write the sticky names. The id is null and the type the site's: so says Azure."""
    names = {kind: site.sticky_names.get(kind) for kind in _STICKY_KINDS}
    return {
        "id": None,
        "name": site.name,
        "type": SITES,
        "location": display_name(site.location),
        "properties": names,
    }
