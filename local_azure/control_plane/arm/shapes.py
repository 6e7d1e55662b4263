"""Resources as Azure writes them. Pure: a record in, the JSON document out."""

from typing import Any

from local_azure.control_plane.arm.locations import display_name
from local_azure.control_plane.records import JsonObject, Plan, ResourceGroup, Site

SITES = "Microsoft.Web/sites"
PLANS = "Microsoft.Web/serverfarms"


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


def plan_json(plan: Plan, *, site_count: int) -> JsonObject:
    """Write a plan; the display name of its region, its owner and its size are inside the properties too."""
    properties = {
        "serverFarmId": plan.number,
        "name": plan.name,
        "status": "Ready",
        "subscription": plan.subscription,
        "resourceGroup": plan.group_name,
        "geoRegion": display_name(plan.location),
        "kind": plan.kind,
        "reserved": plan.reserved,
        "numberOfSites": site_count,
        "numberOfWorkers": 0,
        "maximumNumberOfWorkers": 0,
        "computeMode": "Dynamic" if plan.sku.get("tier") in ("FlexConsumption", "Dynamic") else "Dedicated",
        "hostingEnvironmentProfile": None,
        "perSiteScaling": False,
        "elasticScaleEnabled": plan.kind == "elastic",
        "maximumElasticWorkerCount": 1,
        "isXenon": False,
        "hyperV": False,
        "zoneRedundant": False,
        "tags": plan.tags or None,
        "createdTime": plan.created,
        "provisioningState": "Succeeded",
    }
    return {
        "id": plan.id,
        "name": plan.name,
        "type": PLANS,
        "kind": plan.kind,
        "location": display_name(plan.location),
        "tags": plan.tags or None,
        "properties": properties,
        "sku": plan.sku,
    }


def site_json(site: Site, plan: Plan | None, *, host: str) -> JsonObject:
    """Write a site. Its hosts are addresses of this machine with a port, where Azure has names."""
    document: JsonObject = {
        "id": site.id,
        "name": site.name,
        "type": SITES,
        "kind": site.kind,
        "location": display_name(site.location),
        "tags": site.tags or None,
        "properties": _site_properties(site, plan, f"{host}:{site.port}", f"{host}:{site.scm_port}"),
    }
    return document | ({"identity": site.identity} if site.identity else {})


def _site_properties(site: Site, plan: Plan | None, hostname: str, scm: str) -> JsonObject:
    return {
        "name": site.name,
        "state": site.state.value,
        "hostNames": [hostname],
        "repositorySiteName": site.name,
        "usageState": "Normal",
        "enabled": True,
        "adminEnabled": True,
        "enabledHostNames": [hostname, scm],
        "availabilityState": "Normal",
        "hostNameSslStates": [_host_name_state(hostname, "Standard"), _host_name_state(scm, "Repository")],
        "serverFarmId": site.plan_id,
        "reserved": True,
        "isXenon": False,
        "hyperV": False,
        "lastModifiedTimeUtc": site.modified,
        "contentAvailabilityState": "Normal",
        "runtimeAvailabilityState": "Normal",
        # As in Azure, settings are secret: only config/appsettings/list tells them.
        "siteConfig": {"numberOfWorkers": 1, "linuxFxVersion": "", "appSettings": None, "alwaysOn": False},
        "functionAppConfig": _function_app_config_json(site.function_app_config),
        "sku": plan.sku.get("tier") if plan else None,
        "deploymentId": site.name,
        "slotName": None,
        "clientAffinityEnabled": False,
        "clientCertEnabled": False,
        "hostNamesDisabled": False,
        "kind": site.kind,
        "inboundIpAddress": hostname.rpartition(":")[0],
        "resourceGroup": site.group_name,
        "defaultHostName": hostname,
        "httpsOnly": False,
        "redundancyMode": "None",
        "inProgressOperationId": None,
        "publicNetworkAccess": None,
        "keyVaultReferenceIdentity": "SystemAssigned",
    }


def _host_name_state(name: str, kind: str) -> JsonObject:
    return {"name": name, "sslState": "Disabled", "virtualIP": None, "thumbprint": None, "hostType": kind}


def _function_app_config_json(config: JsonObject) -> JsonObject | None:
    """Write the Flex section the way Azure echoes it: kinds in lower case, absent members as null."""
    if not config:
        return None
    storage = config.get("deployment", {}).get("storage", {})
    authentication = storage.get("authentication", {})
    scale = config.get("scaleAndConcurrency", {})
    return {
        "deployment": {
            "storage": {
                "type": str(storage.get("type", "")).lower(),
                "value": storage.get("value"),
                "authentication": {
                    "type": str(authentication.get("type", "")).lower(),
                    "userAssignedIdentityResourceId": authentication.get("userAssignedIdentityResourceId"),
                    "storageAccountConnectionStringName": authentication.get("storageAccountConnectionStringName"),
                },
            }
        },
        "runtime": config.get("runtime"),
        "scaleAndConcurrency": {
            "alwaysReady": scale.get("alwaysReady"),
            "maximumInstanceCount": scale.get("maximumInstanceCount"),
            "instanceMemoryMB": scale.get("instanceMemoryMB"),
            "triggers": scale.get("triggers"),
        },
        "siteUpdateStrategy": {"type": "Recreate"},
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
        "name": f"{site.name}/{name}",
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
        "id": resource.id,
        "name": resource.name,
        "type": "Microsoft.Web/serverFarms" if isinstance(resource, Plan) else SITES,
        "kind": resource.kind,
        "location": resource.location,
        "tags": resource.tags,
    }
    if isinstance(resource, Plan):
        return document | {"sku": resource.sku}
    return document | ({"identity": resource.identity} if resource.identity else {})


def list_json(items: list[Any]) -> JsonObject:
    """Write App Service's list, which is always one page."""
    return {"value": items, "nextLink": None, "id": None}
