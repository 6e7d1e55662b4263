"""A site as Azure writes it. Pure."""

import hashlib
from dataclasses import replace
from typing import Any

from local_azure.control_plane.arm.locations import display_name
from local_azure.control_plane.records import JsonObject, Plan, Site

SITES = "Microsoft.Web/sites"
SLOTS = "Microsoft.Web/sites/slots"


def put_site_json(site: Site, plan: Plan | None, *, host: str, location: str) -> JsonObject:
    """Write the answer to a PUT: it repeats the region as it was given, and does not show the configuration yet."""
    document = site_json(site, plan, host=host)
    early = {"siteConfig": _summary_of_config(replace(site, site_config={}), None)}
    return document | {"location": location, "properties": document["properties"] | early}


def site_json(site: Site, plan: Plan | None, *, host: str) -> JsonObject:
    """Write a site or slot. Its hosts are addresses of this machine with a port, where Azure has names."""
    document: JsonObject = {
        "id": site.id,
        "name": arm_name(site),
        "type": SLOTS if site.slot else SITES,
        "kind": site.kind,
        "location": display_name(site.location),
        "tags": site.tags or None,
        "properties": _properties(site, plan, f"{host}:{site.port}", f"{host}:{site.scm_port}"),
    }
    return document | ({"identity": site.identity} if site.identity else {})


def arm_name(site: Site) -> str:
    """Return the name as Resource Manager writes it: a slot's after its app's."""
    return f"{site.app}/{site.slot}" if site.slot else site.name


def _properties(site: Site, plan: Plan | None, hostname: str, scm: str) -> JsonObject:
    return {
        **_UNSET,
        "name": site.name,
        "state": site.state.value,
        "hostNames": [hostname],
        "repositorySiteName": site.app,
        "enabledHostNames": [hostname, scm],
        "hostNameSslStates": [_host_name_state(hostname, "Standard"), _host_name_state(scm, "Repository")],
        "serverFarmId": site.plan_id,
        "lastModifiedTimeUtc": site.modified,
        "siteProperties": _site_properties(site),
        "siteConfig": _summary_of_config(site, plan),
        "functionAppConfig": _function_app_config_json(site.function_app_config),
        "sku": plan.tier if plan else None,
        "deploymentId": _deployment_id(site),
        "kind": site.kind,
        "tags": site.tags or None,
        "inboundIpAddress": hostname.rpartition(":")[0],
        "possibleInboundIpAddresses": hostname.rpartition(":")[0],
        "resourceGroup": site.group_name,
        "defaultHostName": hostname,
        "slotSwapStatus": site.last_swap or None,
        **_given(site, plan),
    }


# What no local site has, in the words in which Azure says so.
_UNSET: dict[str, Any] = {
    "usageState": "Normal",
    "defaultHostNameScope": "Global",
    "enabled": True,
    "adminEnabled": True,
    "afdEnabled": False,
    "availabilityState": "Normal",
    "csrs": [],
    "hostNamePrivateStates": [],
    "storageRecoveryDefaultState": "Running",
    "contentAvailabilityState": "Normal",
    "runtimeAvailabilityState": "Normal",
    "dnsConfiguration": {},
    "vnetRouteAllEnabled": False,
    "vnetImagePullEnabled": False,
    "vnetContentShareEnabled": False,
    "vnetBackupRestoreEnabled": False,
    "slotName": None,
    "targetSwapSlot": None,
    "clientAffinityProxyEnabled": False,
    "useQueryStringAffinity": False,
    "blockPathTraversal": False,
    "hostNamesDisabled": False,
    "ipMode": "IPv4",
    "dailyMemoryTimeQuota": 0,
    "siteDisabledReason": 0,
    "endToEndEncryptionEnabled": False,
    "functionsRuntimeAdminIsolationEnabled": False,
    "redundancyMode": "None",
    "inProgressOperationId": None,
    "privateEndpointConnections": [],
}


def _given(site: Site, plan: Plan | None) -> JsonObject:
    """Return what is answered as it was asked for, with what Azure takes when it is not."""
    is_flex = plan is not None and plan.is_flex
    is_function_app = site.kind.startswith("functionapp")
    return {
        "reserved": is_flex or (plan is not None and plan.reserved),
        "isXenon": False,
        "hyperV": False,
        "scmSiteAlsoStopped": False,
        "siteScopedCertificatesEnabled": is_flex,
        "containerSize": 1536 if is_flex or site.kind == "functionapp" else 0,
        "clientAffinityEnabled": not is_function_app,
        "clientCertEnabled": False,
        "clientCertMode": "Required",
        "httpsOnly": False,
        "publicNetworkAccess": None,
        "storageAccountRequired": False,
        "keyVaultReferenceIdentity": "SystemAssigned",
        **site.options,
    }


def _site_properties(site: Site) -> JsonObject:
    linux = str(site.site_config.get("linuxFxVersion") or "")
    versions = [{"name": "LinuxFxVersion", "value": linux}, {"name": "WindowsFxVersion", "value": None}]
    return {"metadata": None, "properties": versions, "appSettings": None}


def _summary_of_config(site: Site, plan: Plan | None) -> JsonObject:
    """Write the part of the configuration that a site shows. Settings are secret: only their own list tells them."""
    given = site.site_config
    return {
        "numberOfWorkers": 1,
        "linuxFxVersion": given.get("linuxFxVersion") or "",
        "acrUseManagedIdentityCreds": False,
        "appSettings": None,
        "alwaysOn": bool(given.get("alwaysOn")),
        "http20Enabled": bool(given.get("http20Enabled")),
        "functionAppScaleLimit": 200 if plan is not None and plan.tier == "Dynamic" else 0,
        "minimumElasticInstanceCount": 0,
        "clusteringEnabled": False,
        "webJobsEnabled": False,
    }


def _deployment_id(site: Site) -> str:
    digest = hashlib.sha256(site.key.encode()).hexdigest()
    return f"{site.app}__{digest[:4]}" if site.slot else site.name


def _host_name_state(name: str, kind: str) -> JsonObject:
    unset = {"sslState": "Disabled", "virtualIP": None, "thumbprint": None, "ipBasedSslState": "NotConfigured"}
    return {"name": name, "hostType": kind, **unset}


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
