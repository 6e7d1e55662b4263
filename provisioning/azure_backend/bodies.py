"""Specifications as Azure's JSON, and Azure's JSON as observations. Pure."""

from collections.abc import Mapping
from typing import Any

from provisioning.hosting import Hosting, tier_of
from provisioning.planning import ObservedPlan, ObservedSite
from provisioning.spec import AppSpec

Json = dict[str, Any]

_LINUX_PYTHON = "Python|"

CONNECTION_SETTING = "DEPLOYMENT_STORAGE_CONNECTION_STRING"


def plan_body(spec: AppSpec) -> Json:
    """Write a plan: Linux, of the size that the specification says or that is usual."""
    size = spec.plan_size or spec.traits.size
    properties: Json = {"reserved": True}
    if spec.hosting is Hosting.PREMIUM:
        # As many as every region gives to Linux; the usual limit is one, which is no elasticity at all.
        properties["maximumElasticWorkerCount"] = 20
    return {
        "location": spec.location,
        "kind": spec.traits.plan_kind,
        "tags": dict(spec.plan_tags),
        "sku": {"name": size, "tier": tier_of(size)},
        "properties": properties,
    }


def site_body(spec: AppSpec, settings: Mapping[str, str], plan_id: str) -> Json:
    """Write the whole app: settings left out of it would be lost."""
    pairs = [{"name": name, "value": value} for name, value in sorted(settings.items())]
    properties: Json = {"serverFarmId": plan_id, "httpsOnly": True, "siteConfig": {"appSettings": pairs}}
    if spec.hosting is Hosting.FLEX:
        # Flex refuses a PUT without it.
        properties["functionAppConfig"] = _function_app_config(spec)
    else:
        properties["reserved"] = True
        properties["siteConfig"] |= {"linuxFxVersion": f"{_LINUX_PYTHON}{spec.runtime_version}"}
    if spec.hosting is Hosting.DEDICATED:
        # Without it such an app sleeps when nobody calls it, and its timers and orchestrations with it.
        properties["siteConfig"]["alwaysOn"] = True
    body: Json = {
        "location": spec.location,
        "kind": "functionapp,linux",
        "tags": dict(spec.tags),
        "properties": properties,
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
        runtime_version=_runtime_version(properties),
        deployment_container=str(section(section(config, "deployment"), "storage").get("value") or ""),
        instance_memory_mb=int(scale.get("instanceMemoryMB") or 0),
        maximum_instance_count=int(scale.get("maximumInstanceCount") or 0),
    )


def _runtime_version(properties: Mapping[str, Any]) -> str:
    """Read Python's version where Flex Consumption has it, or where the other plans do."""
    told = section(section(properties, "functionAppConfig"), "runtime").get("version")
    stack = str(section(properties, "siteConfig").get("linuxFxVersion") or "")
    return str(told or (stack[len(_LINUX_PYTHON) :] if stack.lower().startswith(_LINUX_PYTHON.lower()) else ""))


def is_flex(site: Mapping[str, Any]) -> bool:
    """Tell whether an app is on Flex Consumption, which has a deployment endpoint of its own kind."""
    properties = section(site, "properties")
    return bool(section(properties, "functionAppConfig")) or str(properties.get("sku")).lower() == "flexconsumption"


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
