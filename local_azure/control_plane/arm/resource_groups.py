"""Resource groups: made, tagged, listed, and deleted with everything in them."""

from dataclasses import replace

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import arm_error, group_not_found
from local_azure.control_plane.arm.filters import parse_filter, passes
from local_azure.control_plane.arm.group_deletion import GroupDeletion
from local_azure.control_plane.arm.locations import programmatic_name
from local_azure.control_plane.arm.paths import GROUP, GROUPS, SUBSCRIPTION
from local_azure.control_plane.arm.shapes import group_json
from local_azure.control_plane.records import ResourceGroup
from local_azure.control_plane.store import Store


class ResourceGroups:
    """The endpoints of resource groups."""

    def __init__(self, store: Store, deletion: GroupDeletion) -> None:
        """Serve the groups of `store`."""
        self._store = store
        self._deletion = deletion

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            arm_route("GET", GROUPS, self.list),
            arm_route("PUT", GROUP, self.put),
            arm_route("GET", GROUP, self.get),
            arm_route("HEAD", GROUP, self.head),
            arm_route("PATCH", GROUP, self.patch),
            arm_route("DELETE", GROUP, self.delete),
            arm_route("GET", SUBSCRIPTION + "/operationresults/{operation}", self.operation_result),
        ]

    async def put(self, call: ArmCall) -> ArmReply:
        """Create the group (201) or change its tags (200); its location is for ever."""
        body = call.document()
        before = self._store.groups.get(call.path["subscription"], call.path["group"])
        if before is not None and before.deleting:
            raise being_deleted(before)
        location = str(body.get("location") or "")
        if not location:
            raise arm_error(400, "LocationRequired", "The location property is required for this definition.")
        if before is not None and programmatic_name(before.location) != programmatic_name(location):
            message = (
                f"Invalid resource group location '{location}'. The Resource group already exists in location "
                f"'{before.location}'."
            )
            raise arm_error(409, "InvalidResourceGroupLocation", message)
        group = before or ResourceGroup(call.path["subscription"], call.path["group"], location)
        group = replace(group, tags=body.get("tags") or {})
        self._store.groups.put(group)
        return ArmReply(200 if before else 201, group_json(group))

    async def get(self, call: ArmCall) -> ArmReply:
        """Return the group."""
        return ArmReply(200, group_json(require_group(self._store, call)))

    async def head(self, call: ArmCall) -> ArmReply:
        """Tell by the status whether the group exists."""
        group = self._store.groups.get(call.path["subscription"], call.path["group"])
        return ArmReply(204 if group else 404)

    async def list(self, call: ArmCall) -> ArmReply:
        """List the subscription's groups, by tag if asked."""
        wanted = parse_filter(call.query.get("$filter", ""))
        groups = self._store.groups.find(subscription=call.path["subscription"])
        kind = "Microsoft.Resources/resourceGroups"
        found = [g for g in groups if passes(wanted, kind=kind, name=g.name, location=g.location, tags=g.tags)]
        return ArmReply(200, {"value": [group_json(group) for group in found]})

    async def patch(self, call: ArmCall) -> ArmReply:
        """Replace the group's tags."""
        group = require_group(self._store, call)
        group = replace(group, tags=call.document().get("tags", group.tags) or {})
        self._store.groups.put(group)
        return ArmReply(200, group_json(group))

    async def delete(self, call: ArmCall) -> ArmReply:
        """Accept the deletion of the group and point at where to ask for its end."""
        operation = self._deletion.accept(require_group(self._store, call))
        return _accepted(call, operation.id)

    async def operation_result(self, call: ArmCall) -> ArmReply:
        """Answer 202 while the deletion goes on and 200 once it is over."""
        operation = self._store.operations.get(call.path["operation"])
        if operation is None:
            raise arm_error(404, "NotFound", f"There is no operation '{call.path['operation']}'.")
        return ArmReply(200) if operation.done else _accepted(call, operation.id)


def require_group(store: Store, call: ArmCall) -> ResourceGroup:
    """Return the group that the path names, or raise Azure's 404."""
    group = store.groups.get(call.path["subscription"], call.path["group"])
    if group is None:
        raise group_not_found(call.path["group"])
    return group


def require_open_group(store: Store, call: ArmCall) -> ResourceGroup:
    """Return the group that the path names, or raise because it is absent or going."""
    group = require_group(store, call)
    if group.deleting:
        raise being_deleted(group)
    return group


def being_deleted(group: ResourceGroup) -> Exception:
    """Build the answer to a change in a group that is going."""
    message = f"The resource group '{group.name}' is in deprovisioning state and cannot perform this operation."
    return arm_error(409, "ResourceGroupBeingDeleted", message)


def _accepted(call: ArmCall, operation: str) -> ArmReply:
    version = call.query.get("api-version", "")
    path = f"/subscriptions/{call.path['subscription']}/operationresults/{operation}"
    location = f"{call.base_url}{path}?api-version={version}"
    return ArmReply(202, headers={"Location": location, "Retry-After": "1"})
