"""The generic list of resources, by tag and type."""

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.filters import parse_filter, passes
from local_azure.control_plane.arm.paths import GROUP, SUBSCRIPTION
from local_azure.control_plane.arm.resource_groups import require_group
from local_azure.control_plane.arm.shapes import generic_json, generic_type
from local_azure.control_plane.records import Plan, Site
from local_azure.control_plane.store import Store


class Resources:
    """The endpoints of the generic list."""

    def __init__(self, store: Store) -> None:
        """List the plans and sites of `store`."""
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            arm_route("GET", SUBSCRIPTION + "/resources", self.list_all),
            arm_route("GET", GROUP + "/resources", self.list_group),
        ]

    async def list_all(self, call: ArmCall) -> ArmReply:
        """List the subscription's resources."""
        return self._list(call, {"subscription": call.path["subscription"]})

    async def list_group(self, call: ArmCall) -> ArmReply:
        """List the group's resources."""
        group = require_group(self._store, call)
        return self._list(call, {"subscription": group.subscription, "group_name": group.name})

    def _list(self, call: ArmCall, place: dict[str, str]) -> ArmReply:
        wanted = parse_filter(call.query.get("$filter", ""))
        resources: list[Plan | Site] = [*self._store.plans.find(**place), *self._store.sites.find(**place)]
        return ArmReply(200, {"value": [generic_json(r) for r in resources if _is_wanted(wanted, r)]})


def _is_wanted(wanted: dict[str, str], resource: Plan | Site) -> bool:
    return passes(
        wanted, kind=generic_type(resource), name=resource.name, location=resource.location, tags=resource.tags
    )
