"""Takes a site away together with whatever is being deployed to it."""

from local_azure.control_plane.kudu.deployer import Deployer
from local_azure.control_plane.records import Site
from local_azure.control_plane.site_lifecycle import SiteLifecycle


class SiteRemoval:
    """Removes sites."""

    def __init__(self, lifecycle: SiteLifecycle, deployer: Deployer) -> None:
        """Remove with `lifecycle`, after `deployer` has let go."""
        self._lifecycle = lifecycle
        self._deployer = deployer

    async def remove(self, site: Site, *, keep_plan: bool) -> None:
        """Remove the site with its slots; nothing of it runs on return."""
        if site.slot:
            await self._remove(site, keep_plan=True)
            return
        await self._remove_slots(site)
        await self._remove(site, keep_plan=keep_plan)
        # A slot may have been made until the app was gone.
        await self._remove_slots(site)

    async def _remove_slots(self, app: Site) -> None:
        for slot in self._lifecycle.slots_of(app):
            await self._remove(slot, keep_plan=True)

    async def _remove(self, site: Site, *, keep_plan: bool) -> None:
        await self._deployer.abandon(site.key)
        await self._lifecycle.remove(site, keep_plan=keep_plan)
