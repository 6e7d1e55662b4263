"""Turns the bodies of site PUTs and PATCHes into records, or refuses them as Azure would."""

import uuid
from dataclasses import replace
from typing import Any

from local_azure.control_plane.arm.errors import app_service_error, bad_request
from local_azure.control_plane.arm.plan_lookup import find_plan
from local_azure.control_plane.arm.plan_requests import default_consumption_plan
from local_azure.control_plane.arm.validation import check_flex_config, check_settings, read_setting_pairs
from local_azure.control_plane.clock import timestamp
from local_azure.control_plane.identity import new_identity_header
from local_azure.control_plane.records import JsonObject, Plan, ResourceGroup, Site
from local_azure.control_plane.store import Store

# Kept and answered as given; nothing here depends on them.
_OPTIONS = (
    "isXenon", "hyperV", "scmSiteAlsoStopped", "clientAffinityEnabled", "clientCertEnabled", "clientCertMode",
    "httpsOnly", "publicNetworkAccess", "storageAccountRequired", "keyVaultReferenceIdentity",
)  # fmt: skip
TENANT = "00000000-0000-0000-0000-000000000000"


def site_from_put(store: Store, group: ResourceGroup, name: str, before: Site | None, body: JsonObject) -> Site:
    """Return the site that a PUT describes. Settings and identity stay when the body does not mention them."""
    if before is not None and before.id.lower() != f"{group.id}/providers/Microsoft.Web/sites/{name}".lower():
        raise app_service_error(409, "Conflict", "Website with given name {0} already exists.", (name,), "54001")
    properties = _object(body, "properties")
    if not body.get("location"):
        raise bad_request("The parameter {0} has an invalid value.", "location", extended_code="51008")
    plan = plan_for(store, group, name, before, body)
    if plan.is_flex:
        check_flex_config(properties.get("functionAppConfig"))
    site = replace(
        before or _new_site(group, name, str(body["location"])),
        plan_id=plan.id,
        function_app_config=_object(properties, "functionAppConfig"),
    )
    return changed_site(site, body, flex=plan.is_flex)


def site_from_patch(store: Store, site: Site, body: JsonObject) -> Site:
    """Return the site with what a PATCH mentions changed."""
    plan = find_plan(store, site.plan_id)
    is_flex = plan is not None and plan.is_flex
    config = {**site.function_app_config, **_object(_object(body, "properties"), "functionAppConfig")}
    if is_flex:
        check_flex_config(config)
    return changed_site(replace(site, function_app_config=config), {"tags": site.tags, **body}, flex=is_flex)


def changed_site(site: Site, body: JsonObject, *, flex: bool) -> Site:
    """Return the site with what a body says that holds for every kind of site; what it leaves out stays, but tags."""
    properties = _object(body, "properties")
    site = replace(
        site,
        kind=str(body.get("kind") or site.kind),
        tags=_object(body, "tags"),
        identity=_identity(body["identity"], site) if body.get("identity") else site.identity,
        app_settings=_settings(properties, site),
        options=_options(properties, site),
        site_config=_site_config(properties, site),
    )
    check_settings(site.app_settings, flex=flex)
    return site


def _new_site(group: ResourceGroup, name: str, location: str) -> Site:
    return Site(
        name=name,
        subscription=group.subscription,
        group_name=group.name,
        location=location,
        plan_id="",
        port=0,
        scm_port=0,
        identity_header=new_identity_header(),
        kind="app",
        created=timestamp(),
    )


def plan_for(store: Store, group: ResourceGroup, name: str, before: Site | None, body: JsonObject) -> Plan:
    """Return the plan of a site: the one it names by id or name, the one it has, or Azure's own for all that name none.

    The last is stored here, as Azure makes it on the way.
    """
    asked = str(_object(body, "properties").get("serverFarmId") or (before.plan_id if before else ""))
    if not asked:
        return _default_plan(store, group, body)
    plan_id = asked if "/" in asked else f"{group.id}/providers/Microsoft.Web/serverfarms/{asked}"
    plan = find_plan(store, plan_id)
    if plan is None:
        absent = plan_id.rstrip("/").rpartition("/")[2]
        raise app_service_error(404, "NotFound", "Cannot find ServerFarm with name {0}.", (absent,), "51004")
    others = [other.name for other in store.sites.find(plan_id=plan.id) if other.key != name.lower()]
    if plan.is_flex and others:
        template = "Flex Consumption plan '{0}' already has app '{1}', and it can have only one."
        raise app_service_error(409, "Conflict", template, (plan.name, others[0]))
    return plan


def _default_plan(store: Store, group: ResourceGroup, body: JsonObject) -> Plan:
    linux = bool(_object(body, "properties").get("reserved"))
    plan = default_consumption_plan(group, str(body["location"]), linux=linux)
    known = store.plans.get(plan.subscription, plan.group_name, plan.name)
    if known is None:
        store.plans.put(replace(plan, number=store.next_plan_number()))
    return known or plan


def _settings(properties: JsonObject, site: Site) -> dict[str, str]:
    pairs = _object(properties, "siteConfig").get("appSettings")
    return dict(site.app_settings) if pairs is None else read_setting_pairs(pairs)


def _options(properties: JsonObject, site: Site) -> JsonObject:
    return site.options | {name: properties[name] for name in _OPTIONS if properties.get(name) is not None}


def _site_config(properties: JsonObject, site: Site) -> JsonObject:
    """Keep the scalars of the configuration: the rest (lists, settings) has places of its own or means nothing here."""
    given = _object(properties, "siteConfig").items()
    return site.site_config | {name: value for name, value in given if isinstance(value, str | int | float | bool)}


def _identity(asked: Any, site: Site) -> JsonObject:
    """Give the site the identities it asks for; ids stay the same for the same site."""
    if not isinstance(asked, dict):
        raise bad_request("The identity has to be an object.")
    kind = str(asked.get("type") or "None")
    if kind.lower() == "none":
        return {}
    identity: JsonObject = {"type": kind}
    if "systemassigned" in kind.lower():
        identity |= {"principalId": _stable_id(site.id), "tenantId": TENANT}
    if users := asked.get("userAssignedIdentities"):
        identity["userAssignedIdentities"] = {
            resource: {"principalId": _stable_id(resource), "clientId": _stable_id(f"{resource}/client")}
            for resource in users
        }
    return identity


def _stable_id(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text.lower()))


def _object(body: JsonObject, name: str) -> JsonObject:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request("{0} has to be an object.", name)
    return value
