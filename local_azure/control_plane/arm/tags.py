"""Tags of a group, plan or site, read and written on their own."""

from dataclasses import replace

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import arm_error
from local_azure.control_plane.records import JsonObject, Plan, ResourceGroup, Site
from local_azure.control_plane.store import Store

TAGS = "{scope:path}/providers/Microsoft.Resources/tags/default"


class Tags:
    """The endpoints of tags."""

    def __init__(self, store: Store) -> None:
        """Serve the tags of everything in `store`."""
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            arm_route("GET", TAGS, self.get),
            arm_route("PUT", TAGS, self.put),
            arm_route("PATCH", TAGS, self.patch),
            arm_route("DELETE", TAGS, self.delete),
        ]

    async def get(self, call: ArmCall) -> ArmReply:
        """Return the tags."""
        return ArmReply(200, _tags_json(self._require(call)))

    async def put(self, call: ArmCall) -> ArmReply:
        """Replace all tags."""
        return ArmReply(200, _tags_json(self._write(self._require(call), _tags_of(call))))

    async def patch(self, call: ArmCall) -> ArmReply:
        """Merge, replace or delete the given tags."""
        resource = self._require(call)
        operation = str(call.document().get("operation", "Merge")).lower()
        return ArmReply(200, _tags_json(self._write(resource, patched_tags(resource.tags, operation, _tags_of(call)))))

    async def delete(self, call: ArmCall) -> ArmReply:
        """Drop all tags."""
        self._write(self._require(call), {})
        return ArmReply(200)

    def _require(self, call: ArmCall) -> ResourceGroup | Plan | Site:
        scope = call.path["scope"].rstrip("/").lower()
        everything: list[ResourceGroup | Plan | Site] = [
            *self._store.groups.find(),
            *self._store.plans.find(),
            *self._store.sites.find(),
        ]
        found = next((resource for resource in everything if resource.id.lower() == scope), None)
        if found is None:
            raise arm_error(404, "ResourceNotFound", f"The resource '{call.path['scope']}' was not found.")
        return found

    def _write(self, resource: ResourceGroup | Plan | Site, tags: JsonObject) -> ResourceGroup | Plan | Site:
        match resource:
            case ResourceGroup():
                self._store.groups.put(replace(resource, tags=tags))
            case Plan():
                self._store.plans.put(replace(resource, tags=tags))
            case Site():
                self._store.sites.put(replace(resource, tags=tags))
        return replace(resource, tags=tags)


def patched_tags(before: JsonObject, operation: str, given: JsonObject) -> JsonObject:
    """Return the tags after a PATCH; `delete` drops tags whose name and value both match."""
    if operation == "merge":
        return {**before, **given}
    if operation == "replace":
        return given
    if operation == "delete":
        return {name: value for name, value in before.items() if given.get(name) != value}
    raise arm_error(400, "InvalidTagsPatchOperation", "The operation has to be Merge, Replace or Delete.")


def _tags_of(call: ArmCall) -> JsonObject:
    tags = (call.document().get("properties") or {}).get("tags")
    if not isinstance(tags, dict):
        raise arm_error(400, "InvalidRequestContent", "properties.tags has to be an object.")
    return tags


def _tags_json(resource: ResourceGroup | Plan | Site) -> JsonObject:
    return {
        "id": f"{resource.id}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": resource.tags},
    }
