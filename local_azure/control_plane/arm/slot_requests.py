"""Turns the bodies of slot PUTs into records, or refuses them as Azure would."""

from dataclasses import replace

from local_azure.control_plane.arm.errors import app_service_error, bad_request
from local_azure.control_plane.arm.plan_lookup import find_plan
from local_azure.control_plane.arm.site_requests import changed_site
from local_azure.control_plane.clock import timestamp
from local_azure.control_plane.identity import new_identity_header
from local_azure.control_plane.records import JsonObject, Plan, Site, SiteState, slot_record_name
from local_azure.control_plane.store import Store

# How many slots a plan's tier allows for each app, the app itself not counted.
_SLOTS = {"Dynamic": 1, "ElasticPremium": 2, "Standard": 4, "Premium": 19, "PremiumV2": 19, "PremiumV3": 19}

_NO_ROOM = "Cannot complete the operation because the site will exceed the number of slots allowed for the '{0}' SKU."


def slot_from_put(store: Store, app: Site, slot: str, before: Site | None, body: JsonObject) -> Site:
    """Return the slot that a PUT describes. A new one begins with the app's configuration, and without its code."""
    if not body.get("location"):
        raise bad_request("The parameter {0} has an invalid value.", "location", extended_code="51008")
    plan = find_plan(store, app.plan_id)
    if before is None:
        _check_room(store, app, plan)
    return changed_site(before or _new_slot(app, slot), body, flex=False)


def _new_slot(app: Site, slot: str) -> Site:
    return replace(
        app,
        name=slot_record_name(app.name, slot),
        slot=slot,
        port=0,
        scm_port=0,
        identity_header=new_identity_header(),
        identity={},
        tags={},
        state=SiteState.RUNNING,
        active_deployment="",
        created=timestamp(),
        sticky_names={},
        last_swap={},
    )


def _check_room(store: Store, app: Site, plan: Plan | None) -> None:
    tier = plan.tier if plan else "Free"
    present = [site for site in store.sites.find() if site.slot and site.package_key == app.package_key]
    if len(present) < _SLOTS.get(tier, 0):
        return
    raise app_service_error(409, "Conflict", _NO_ROOM, (tier,))
