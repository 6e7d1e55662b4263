"""Sites and their slots: made from a whole description, changed, listed, started, stopped and deleted."""

from collections.abc import Callable
from dataclasses import replace

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import bad_request, resource_not_found
from local_azure.control_plane.arm.paths import GROUP, SITE, SLOT, SUBSCRIPTION, WEB
from local_azure.control_plane.arm.plan_lookup import find_plan
from local_azure.control_plane.arm.resource_groups import require_group, require_open_group
from local_azure.control_plane.arm.shapes import list_json
from local_azure.control_plane.arm.site_lookup import (
    find_site,
    is_in_group,
    require_site,
    site_not_found,
    site_routes,
    stored_name,
)
from local_azure.control_plane.arm.site_requests import site_from_patch, site_from_put
from local_azure.control_plane.arm.site_shape import SITES, put_site_json, site_json
from local_azure.control_plane.arm.slot_requests import slot_from_put
from local_azure.control_plane.arm.validation import site_name_error, slot_name_error
from local_azure.control_plane.records import JsonObject, Site, SiteState
from local_azure.control_plane.settings import Settings
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.site_removal import SiteRemoval
from local_azure.control_plane.store import Store


class Sites:
    """The endpoints of sites."""

    def __init__(self, store: Store, lifecycle: SiteLifecycle, removal: SiteRemoval, settings: Settings) -> None:
        """Serve the sites of `store`."""
        self._store = store
        self._lifecycle = lifecycle
        self._removal = removal
        self._settings = settings

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            arm_route("GET", SUBSCRIPTION + WEB + "/sites", self.list_all),
            arm_route("GET", GROUP + WEB + "/sites", self.list_group),
            arm_route("PUT", SITE, self.put),
            arm_route("PUT", SLOT, self.put_slot),
            arm_route("GET", SITE + "/slots", self.list_slots),
            *site_routes("GET", "", self.get),
            *site_routes("PATCH", "", self.patch),
            *site_routes("DELETE", "", self.delete),
            *site_routes("POST", "/start", self.start),
            *site_routes("POST", "/stop", self.stop),
            *site_routes("POST", "/restart", self.restart),
            *site_routes("POST", "/syncfunctiontriggers", self.sync_triggers),
            *site_routes("POST", "/host/default/sync", self.sync_triggers),
        ]

    async def put(self, call: ArmCall) -> ArmReply:
        """Create or change the site; 200 in both cases, once it is so."""
        group = require_open_group(self._store, call)
        body = call.document()
        name = call.path["site"]
        if error := site_name_error(name):
            raise bad_request("{0}", error)

        def build(before: Site | None) -> Site:
            return site_from_put(self._store, group, name, before, body)

        site = await self._lifecycle.create_or_change(name, build)
        return ArmReply(200, self._put_json(site, body))

    async def put_slot(self, call: ArmCall) -> ArmReply:
        """Create or change a slot of the site."""
        require_open_group(self._store, call)
        body = call.document()
        if error := slot_name_error(call.path["slot"]):
            raise bad_request("{0}", error)

        def build(before: Site | None) -> Site:
            # Looked up where nothing comes in between: the app may be going.
            app = self._store.sites.get(call.path["site"])
            if app is None or not is_in_group(app, call):
                raise resource_not_found(SITES, call.path["site"], call.path["group"])
            return slot_from_put(self._store, app, call.path["slot"], before, body)

        site = await self._lifecycle.create_or_change(stored_name(call), build)
        return ArmReply(200, self._put_json(site, body))

    async def list_slots(self, call: ArmCall) -> ArmReply:
        """List the site's slots."""
        slots = self._lifecycle.slots_of(require_site(self._store, call))
        return ArmReply(200, list_json([self._json(slot) for slot in slots]))

    async def patch(self, call: ArmCall) -> ArmReply:
        """Change what the body names and leave the rest."""
        body = call.document()
        return ArmReply(
            200, self._json(await self._change(call, lambda site: site_from_patch(self._store, site, body)))
        )

    async def get(self, call: ArmCall) -> ArmReply:
        """Return the site."""
        return ArmReply(200, self._json(require_site(self._store, call)))

    async def list_all(self, call: ArmCall) -> ArmReply:
        """List the subscription's sites."""
        found = self._store.sites.find(subscription=call.path["subscription"], slot="")
        return ArmReply(200, list_json([self._json(site) for site in found]))

    async def list_group(self, call: ArmCall) -> ArmReply:
        """List the group's sites."""
        group = require_group(self._store, call)
        found = self._store.sites.find(subscription=group.subscription, group_name=group.name, slot="")
        return ArmReply(200, list_json([self._json(site) for site in found]))

    async def delete(self, call: ArmCall) -> ArmReply:
        """Delete the site with its slots, and its plan when that is empty now unless told otherwise; 204 for none."""
        site = find_site(self._store, call)
        if site is None:
            return ArmReply(204)
        keep_plan = call.query.get("deleteEmptyServerFarm", "true").lower() == "false"
        await self._removal.remove(site, keep_plan=keep_plan)
        return ArmReply(200)

    async def start(self, call: ArmCall) -> ArmReply:
        """Let the site run."""
        await self._change(call, lambda site: replace(site, state=SiteState.RUNNING))
        return ArmReply(200)

    async def stop(self, call: ArmCall) -> ArmReply:
        """End the site's process, for good until it is started."""
        await self._change(call, lambda site: replace(site, state=SiteState.STOPPED))
        return ArmReply(200)

    async def restart(self, call: ArmCall) -> ArmReply:
        """End the site's process and start another."""
        await self._change(call, lambda site: site, restart=True)
        return ArmReply(200)

    async def sync_triggers(self, call: ArmCall) -> ArmReply:
        """Do nothing: there is no scale controller that would have to learn the triggers."""
        require_site(self._store, call)
        return ArmReply(204)

    async def _change(self, call: ArmCall, change: Callable[[Site], Site], *, restart: bool = False) -> Site:
        site = require_site(self._store, call)
        changed = await self._lifecycle.change(site.name, change, restart=restart)
        if changed is None:
            raise site_not_found(call)
        return changed

    def _put_json(self, site: Site, body: JsonObject) -> JsonObject:
        plan = find_plan(self._store, site.plan_id)
        return put_site_json(site, plan, host=self._settings.host, location=str(body["location"]))

    def _json(self, site: Site) -> JsonObject:
        return site_json(site, find_plan(self._store, site.plan_id), host=self._settings.host)
