"""The keys of a site's host."""

from dataclasses import replace

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute
from local_azure.control_plane.arm.errors import bad_request
from local_azure.control_plane.arm.locations import display_name
from local_azure.control_plane.arm.site_lookup import require_site, site_routes
from local_azure.control_plane.arm.site_shape import SITES
from local_azure.control_plane.hosting.supervisor import Supervisor
from local_azure.control_plane.site_lifecycle import SiteLifecycle
from local_azure.control_plane.store import Store
from local_azure.functions_host.keys import FILE_NAME, load_or_create, new_key, to_document, write_aside


class HostKeysEndpoints:
    """The endpoints of host keys."""

    def __init__(self, store: Store, supervisor: Supervisor, lifecycle: SiteLifecycle) -> None:
        """Serve the keys in the folders that `supervisor` knows."""
        self._store = store
        self._supervisor = supervisor
        self._lifecycle = lifecycle

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            *site_routes("POST", "/host/default/listkeys", self.list),
            *site_routes("PUT", "/host/default/functionKeys/{key}", self.put_function_key),
        ]

    async def list(self, call: ArmCall) -> ArmReply:
        """Return the keys; the durable extension's appears once the host has started with durable functions."""
        site = require_site(self._store, call)
        return ArmReply(200, to_document(load_or_create(self._supervisor.paths(site.key).data)))

    async def put_function_key(self, call: ArmCall) -> ArmReply:
        """Set a key for all functions (201 for a new one); the host is restarted, as it reads keys when it starts."""
        site = require_site(self._store, call)
        name = call.path["key"]
        # The contract has the value at the top, the az command line sends it in properties; Azure takes both.
        body = call.document()
        value = (body.get("properties") or body).get("value") or new_key()
        if not isinstance(value, str):
            raise bad_request("The value of a key has to be a string.")
        data = self._supervisor.paths(site.key).data
        keys = load_or_create(data)
        changed = replace(keys, function_keys={**keys.function_keys, name: value})
        write_aside(data / FILE_NAME, changed).replace(data / FILE_NAME)
        await self._lifecycle.change(site.name, lambda before: before, restart=True)
        document = {
            "id": f"{site.id}/host/default/functionKeys/{name}",
            "name": name,
            "type": f"{SITES}/host/functionKeys",
            "location": display_name(site.location),
            "properties": {"name": name, "value": value},
        }
        return ArmReply(200 if name in keys.function_keys else 201, document)
