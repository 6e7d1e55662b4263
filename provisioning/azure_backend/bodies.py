"""Specifications as Azure's JSON, and Azure's JSON as observations. Pure."""

from collections.abc import Mapping
from typing import Any

from provisioning.planning import ObservedPlan, ObservedSite
from provisioning.spec import AppSpec

Json = dict[str, Any]

CONNECTION_SETTING = "DEPLOYMENT_STORAGE_CONNECTION_STRING"


def plan_body(spec: AppSpec) -> Json:
    """Write a Flex Consumption plan."""
    return {
        "location": spec.location,
        "kind": "functionapp",
        "tags": dict(spec.tags),
        "sku": {"name": "FC1", "tier": "FlexConsumption"},
        "properties": {"reserved": True},
    }


def site_body(spec: AppSpec, settings: Mapping[str, str], plan_id: str) -> Json:
    """Write the whole app: Flex refuses a PUT without functionAppConfig, and settings left out of it would be lost."""
    body: Json = {
        "location": spec.location,
        "kind": "functionapp,linux",
        "tags": dict(spec.tags),
        "properties": {
            "serverFarmId": plan_id,
            "httpsOnly": True,
            "siteConfig": {"appSettings": [{"name": name, "value": value} for name, value in sorted(settings.items())]},
            "functionAppConfig": _function_app_config(spec),
        },
    }
    if spec.identity:
        body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {spec.identity: {}}}
    return body


def _function_app_config(spec: AppSpec) -> Json:
    config: Json = {
        "runtime": {"name": "python", "version": spec.runtime_version},
        "scaleAndConcurrency": {
            "instanceMemoryMB": spec.instance_memory_mb,
            "maximumInstanceCount": spec.maximum_instance_count,
        },
    }
    if spec.container_url:
        storage = {"type": "blobContainer", "value": spec.container_url, "authentication": _authentication(spec)}
        config["deployment"] = {"storage": storage}
    return config


def _authentication(spec: AppSpec) -> Json:
    if spec.identity:
        return {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": spec.identity}
    return {"type": "StorageAccountConnectionString", "storageAccountConnectionStringName": CONNECTION_SETTING}


def observed_site(site: Mapping[str, Any], settings: Mapping[str, str]) -> ObservedSite:
    """Read what matters of a site; Azure sends null for much of what is not set."""
    properties = section(site, "properties")
    config = section(properties, "functionAppConfig")
    scale = section(config, "scaleAndConcurrency")
    return ObservedSite(
        host=site_host(site),
        state=str(properties.get("state") or ""),
        tags=tags_of(site),
        settings=dict(settings),
        plan=last_segment(str(properties.get("serverFarmId") or "")),
        identity=next(iter(section(section(site, "identity"), "userAssignedIdentities")), None),
        runtime_version=str(section(config, "runtime").get("version") or ""),
        deployment_container=str(section(section(config, "deployment"), "storage").get("value") or ""),
        instance_memory_mb=int(scale.get("instanceMemoryMB") or 0),
        maximum_instance_count=int(scale.get("maximumInstanceCount") or 0),
    )


def observed_plan(plan: Mapping[str, Any]) -> ObservedPlan:
    """Read what matters of a plan."""
    return ObservedPlan(tags_of(plan))


def site_host(site: Mapping[str, Any]) -> str:
    """Return where the app answers: `host[:port]`."""
    properties = section(site, "properties")
    return str(properties.get("defaultHostName") or next(iter(properties.get("hostNames") or ()), ""))


def scm_host(site: Mapping[str, Any]) -> str:
    """Return where the app takes packages; empty when Azure has not given it an address yet."""
    states = section(site, "properties").get("hostNameSslStates") or ()
    return next((str(state["name"]) for state in states if str(state.get("hostType")).lower() == "repository"), "")


def tags_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """Return a resource's tags; absent and null are none."""
    return {str(name): str(value) for name, value in section(resource, "tags").items()}


def section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a member that is an object; absent and null are empty ones."""
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}


def last_segment(resource_id: str) -> str:
    """Return the name at the end of a resource id."""
    return resource_id.rstrip("/").rpartition("/")[2]
