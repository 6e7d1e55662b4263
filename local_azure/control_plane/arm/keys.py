"""The keys of a site's host."""

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.paths import SITE
from local_azure.control_plane.arm.sites import require_site
from local_azure.control_plane.hosting.supervisor import Supervisor
from local_azure.control_plane.store import Store
from local_azure.functions_host.keys import load_or_create, to_document


class HostKeysEndpoints:
    """The endpoints of host keys."""

    def __init__(self, store: Store, supervisor: Supervisor) -> None:
        """Serve the keys in the folders that `supervisor` knows."""
        self._store = store
        self._supervisor = supervisor

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [arm_route("POST", SITE + "/host/default/listkeys", self.list)]

    async def list(self, call: ArmCall) -> ArmReply:
        """Return the keys; the durable extension's appears once the host has started with durable functions."""
        site = require_site(self._store, call)
        return ArmReply(200, to_document(load_or_create(self._supervisor.paths(site.key).data)))
