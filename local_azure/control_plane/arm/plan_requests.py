"""Turns the bodies of plan PUTs into records, or refuses them as Azure would."""

from dataclasses import replace
from typing import Any

from local_azure.control_plane.arm.errors import bad_request
from local_azure.control_plane.arm.locations import display_name
from local_azure.control_plane.arm.plan_shape import SHARED_TIERS
from local_azure.control_plane.clock import timestamp
from local_azure.control_plane.records import JsonObject, Plan, ResourceGroup

_TIERS = {"FC1": "FlexConsumption", "Y1": "Dynamic", "EP1": "ElasticPremium", "EP2": "ElasticPremium",
          "EP3": "ElasticPremium", "F1": "Free", "D1": "Shared", "B1": "Basic", "B2": "Basic", "B3": "Basic",
          "S1": "Standard", "S2": "Standard", "S3": "Standard"}  # fmt: skip
_KINDS = {"FlexConsumption": "functionapp", "Dynamic": "functionapp", "ElasticPremium": "elastic"}
# Kept and answered as given; nothing here depends on them.
_OPTIONS = ("perSiteScaling", "elasticScaleEnabled", "maximumElasticWorkerCount", "isXenon", "hyperV", "zoneRedundant")


def plan_from_put(group: ResourceGroup, name: str, before: Plan | None, body: JsonObject) -> Plan:
    """Return the plan that a PUT describes."""
    sku = read_sku(body.get("sku") or (before.sku if before else {}))
    if not body.get("location"):
        raise bad_request("The parameter {0} has an invalid value.", "location", extended_code="51008")
    properties = body.get("properties") or {}
    plan = before or _new_plan(group, name, str(body["location"]), sku)
    return replace(
        plan,
        sku=sku,
        kind=str(body.get("kind") or plan.kind),
        # Flex runs on Linux, whatever is asked for.
        reserved=bool(properties.get("reserved", plan.reserved)) or sku["tier"] == "FlexConsumption",
        tags=body.get("tags") or {},
        options=plan.options | {option: properties[option] for option in _OPTIONS if option in properties},
    )


def default_consumption_plan(group: ResourceGroup, location: str, *, linux: bool) -> Plan:
    """Return the plan that Azure makes for a site that names none, one for all such sites of a region and group."""
    region = display_name(location).replace(" ", "")
    name = f"{region}LinuxDynamicPlan" if linux else f"{region}Plan"
    return replace(_new_plan(group, name, location, read_sku({"name": "Y1"})), reserved=linux)


def _new_plan(group: ResourceGroup, name: str, location: str, sku: JsonObject) -> Plan:
    kind = _KINDS.get(sku["tier"], "app")
    return Plan(group.subscription, group.name, name, location, sku, kind, reserved=False, created=timestamp())


def read_sku(sku: Any) -> JsonObject:
    """Complete a size: the name is enough, the tier and the rest follow from it."""
    if not isinstance(sku, dict) or not sku.get("name"):
        raise bad_request("The parameter {0} has an invalid value.", "sku", extended_code="51008")
    name = str(sku["name"]).upper()
    tier = _TIERS.get(name) or str(sku.get("tier") or "Standard")
    capacity = 0 if tier in SHARED_TIERS else int(sku.get("capacity") or 1)
    return {"name": name, "tier": tier, "size": name, "family": name.rstrip("0123456789"), "capacity": capacity}
