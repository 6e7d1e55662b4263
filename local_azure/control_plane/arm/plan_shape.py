"""A plan as Azure writes it. Pure."""

from typing import Any, NamedTuple

from local_azure.control_plane.arm.locations import display_name
from local_azure.control_plane.records import JsonObject, Plan

PLANS = "Microsoft.Web/serverfarms"


class _Size(NamedTuple):
    """What Azure says of the machines of a tier."""

    worker: str
    worker_id: int
    most: int


_SIZES = {
    "ElasticPremium": _Size("D1", 3, 20),
    "FlexConsumption": _Size("Small", 0, 0),
    "Dynamic": _Size("Default", 0, 0),
    "Standard": _Size("Default", 0, 10),
}
_OTHER = _Size("Default", 0, 3)
SHARED_TIERS = frozenset({"FlexConsumption", "Dynamic"})


def plan_json(plan: Plan, *, site_count: int) -> JsonObject:
    """Write a plan; its region has its display name."""
    return {
        "id": plan.id,
        "name": plan.name,
        "type": PLANS,
        "kind": plan.kind,
        "location": display_name(plan.location),
        "tags": plan.tags or None,
        "properties": _properties(plan, site_count),
        "sku": plan.sku,
    }


def put_plan_json(plan: JsonObject, *, new_at: str | None) -> JsonObject:
    """Write the answer to a PUT from the plan's own: it has the size twice.

    That of a new plan repeats the region as it was given, and does not know some things yet.
    """
    sized = plan | {"properties": plan["properties"] | {"sku": plan["sku"]}}
    if new_at is None:
        return sized
    early = {"maximumNumberOfWorkers": 0, "vnetConnectionsUsed": None, "vnetConnectionsMax": None}
    return sized | {"location": new_at, "properties": sized["properties"] | early}


def _properties(plan: Plan, site_count: int) -> JsonObject:
    return {
        "serverFarmId": plan.number,
        "name": plan.name,
        "status": "Ready",
        "subscription": plan.subscription,
        "resourceGroup": plan.group_name,
        "geoRegion": display_name(plan.location),
        "planName": "VirtualDedicatedPlan",
        "kind": plan.kind,
        "reserved": plan.reserved,
        "numberOfSites": site_count,
        "computeMode": "Dynamic" if plan.tier in SHARED_TIERS else "Dedicated",
        "tags": plan.tags or None,
        "createdTime": plan.created,
        "provisioningState": "Succeeded",
        **_workers(plan),
        **_UNSET,
        **_given(plan),
    }


def _workers(plan: Plan) -> JsonObject:
    size = _SIZES.get(plan.tier, _OTHER)
    count = 0 if plan.tier in SHARED_TIERS else int(plan.sku.get("capacity") or 0)
    return {
        "workerSize": size.worker,
        "workerSizeId": size.worker_id,
        "currentWorkerSize": size.worker,
        "currentWorkerSizeId": size.worker_id,
        "numberOfWorkers": count,
        "currentNumberOfWorkers": count,
        "maximumNumberOfWorkers": size.most,
    }


# What no local plan has, in the words in which Azure says so.
_UNSET: dict[str, Any] = {
    "hostingEnvironmentProfile": None,
    "isSpot": False,
    "targetWorkerCount": 0,
    "targetWorkerSizeId": 0,
    "vnetConnectionsUsed": 0,
    "vnetConnectionsMax": 2,
    "asyncScalingEnabled": False,
    "isCustomMode": False,
    "maximumNumberOfZones": 3,
    "currentNumberOfZonesUtilized": 0,
    "powerState": "Running",
    "eligibleLogCategories": "",
}


def _given(plan: Plan) -> JsonObject:
    """Return what is answered as it was asked for, with what Azure takes when it is not."""
    return {
        "perSiteScaling": False,
        "elasticScaleEnabled": plan.tier == "ElasticPremium",
        "maximumElasticWorkerCount": 1,
        "isXenon": False,
        "hyperV": False,
        "zoneRedundant": False,
        **plan.options,
    }
