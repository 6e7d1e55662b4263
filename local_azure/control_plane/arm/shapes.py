"""Groups, settings, functions and lists as Azure writes them. Pure: a record in, the JSON document out."""

from typing import Any

from local_azure.control_plane.arm.locations import display_name, programmatic_name
from local_azure.control_plane.arm.site_shape import SITES, SLOTS, arm_name
from local_azure.control_plane.records import JsonObject, Plan, ResourceGroup, Site


def group_json(group: ResourceGroup) -> JsonObject:
    """Write a resource group."""
    return {
        "id": group.id,
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": {"provisioningState": "Deleting" if group.deleting else "Succeeded"},
    }


def app_settings_json(site: Site) -> JsonObject:
    """Write the settings document, secrets included."""
    return {
        "id": f"{site.id}/config/appsettings",
        "name": "appsettings",
        "type": f"{SITES}/config",
        "location": display_name(site.location),
        "properties": site.app_settings,
    }


def function_json(site: Site, function: JsonObject, *, host: str) -> JsonObject:
    """Write one function of a site from what the host's admin API says about it."""
    name = str(function["name"])
    origin = f"http://{host}:{site.port}"
    return {
        "id": f"{site.id}/functions/{name}",
        "name": f"{arm_name(site)}/{name}",
        "type": f"{SITES}/functions",
        "location": display_name(site.location),
        "properties": {
            "name": name,
            "function_app_id": None,
            "href": f"{origin}/admin/functions/{name}",
            "config": function.get("config", {}),
            "files": None,
            "test_data": None,
            "invoke_url_template": function.get("invoke_url_template"),
            "language": function.get("language", "python"),
            "isDisabled": function.get("isDisabled", False),
        },
    }


def generic_json(resource: Plan | Site) -> JsonObject:
    """Write a resource the way the generic list of a group shows it."""
    document: JsonObject = {
        "id": resource.id.replace("/serverfarms/", "/serverFarms/"),
        "name": resource.name if isinstance(resource, Plan) else arm_name(resource),
        "type": generic_type(resource),
        "kind": resource.kind,
        "location": programmatic_name(resource.location),
        "tags": resource.tags,
    }
    if isinstance(resource, Plan):
        return document | {"sku": resource.sku}
    return document | ({"identity": resource.identity} if resource.identity else {})


def generic_type(resource: Plan | Site) -> str:
    """Return the type of a resource as the generic list spells it."""
    if isinstance(resource, Plan):
        return "Microsoft.Web/serverFarms"
    return SLOTS if resource.slot else SITES


def list_json(items: list[Any]) -> JsonObject:
    """Write App Service's list, which is always one page."""
    return {"value": items, "nextLink": None, "id": None}
