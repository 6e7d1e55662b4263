"""What `local-azure status` shows, as the control plane tells it."""

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.hosting.supervisor import Supervisor
from local_azure.control_plane.records import JsonObject, Site
from local_azure.control_plane.settings import Settings
from local_azure.control_plane.store import Store


class SiteTable:
    """The endpoint of the table: not Azure's, ours."""

    def __init__(self, store: Store, supervisor: Supervisor, settings: Settings) -> None:
        """Show the sites of `store` as `supervisor` runs them."""
        self._store = store
        self._supervisor = supervisor
        self._settings = settings

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [arm_route("GET", "/local-azure/sites", self.list)]

    async def list(self, _: ArmCall) -> ArmReply:
        """List every site of every subscription with its process."""
        return ArmReply(200, {"value": [self._row(site) for site in self._store.sites.find()]})

    def _row(self, site: Site) -> JsonObject:
        pid, crashes = self._supervisor.observe(site.key)
        host = self._settings.host
        return {
            "name": site.name,
            "resourceGroup": site.group_name,
            "state": site.state.value,
            "url": f"http://{host}:{site.port}",
            "scmUrl": f"http://{host}:{site.scm_port}",
            "pid": pid,
            "crashes": crashes,
            "deployment": site.active_deployment or None,
            "log": str(self._supervisor.paths(site.key).log),
        }
