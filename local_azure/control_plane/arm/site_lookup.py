"""Finds the site that a path names: an app, or a slot of one."""

from local_azure.control_plane.arm.calls import ArmCall, ArmRoute, Endpoint, arm_route
from local_azure.control_plane.arm.errors import ArmError, resource_not_found
from local_azure.control_plane.arm.paths import SITE, SLOT
from local_azure.control_plane.arm.resource_groups import require_group
from local_azure.control_plane.arm.site_shape import SITES, SLOTS
from local_azure.control_plane.records import Site, slot_record_name
from local_azure.control_plane.store import Store

PRODUCTION = "production"


def site_routes(method: str, below: str, endpoint: Endpoint) -> list[ArmRoute]:
    """Build the routes of something that an app and a slot both have."""
    return [arm_route(method, SITE + below, endpoint), arm_route(method, SLOT + below, endpoint)]


def stored_name(call: ArmCall) -> str:
    """Return the name that the path's site or slot is stored under."""
    slot = call.path.get("slot", "")
    return slot_record_name(call.path["site"], "" if slot.lower() == PRODUCTION else slot)


def find_site(store: Store, call: ArmCall) -> Site | None:
    """Return the site that the path names, if it is in the group that the path names."""
    site = store.sites.get(stored_name(call))
    if site is None or not is_in_group(site, call):
        return None
    return site


def require_site(store: Store, call: ArmCall) -> Site:
    """Return the site that the path names, or raise Azure's 404."""
    require_group(store, call)
    site = find_site(store, call)
    if site is None:
        raise site_not_found(call)
    return site


def site_not_found(call: ArmCall) -> ArmError:
    """Build the answer for an absent site or slot."""
    slot = call.path.get("slot")
    kind, name = (SLOTS, f"{call.path['site']}/{slot}") if slot else (SITES, call.path["site"])
    return resource_not_found(kind, name, call.path["group"])


def is_in_group(site: Site, call: ArmCall) -> bool:
    """Tell whether the site belongs to the path's group."""
    place = (site.subscription.lower(), site.group_name.lower())
    return place == (call.path["subscription"].lower(), call.path["group"].lower())
