"""A site's application settings."""

from dataclasses import replace

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute
from local_azure.control_plane.arm.plan_lookup import find_plan
from local_azure.control_plane.arm.shapes import app_settings_json
from local_azure.control_plane.arm.site_lookup import require_site, site_not_found, site_routes
from local_azure.control_plane.arm.validation import check_settings, read_setting_dictionary
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.store import Store


class SiteSettings:
    """The endpoints of settings."""

    def __init__(self, store: Store, lifecycle: SiteLifecycle) -> None:
        """Serve the settings of the sites of `store`."""
        self._store = store
        self._lifecycle = lifecycle

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            *site_routes("PUT", "/config/appsettings", self.put),
            *site_routes("POST", "/config/appsettings/list", self.list),
        ]

    async def put(self, call: ArmCall) -> ArmReply:
        """Replace all settings; the site's process is restarted with them."""
        site = require_site(self._store, call)
        settings = read_setting_dictionary(call.document().get("properties"))
        plan = find_plan(self._store, site.plan_id)
        check_settings(settings, flex=plan is not None and plan.is_flex)
        changed = await self._lifecycle.change(site.name, lambda before: replace(before, app_settings=settings))
        if changed is None:
            raise site_not_found(call)
        return ArmReply(200, app_settings_json(changed))

    async def list(self, call: ArmCall) -> ArmReply:
        """Return all settings with their values."""
        return ArmReply(200, app_settings_json(require_site(self._store, call)))
