"""Slots of an app, on the plans that have them: a second place to deploy to, exchanged with production when it is good.

A slot does its durable work in a task hub of its own. The hub stays where it is in a swap, and only the code moves:
otherwise the instances of production would go on under the code that production has just got rid of.
"""

from collections.abc import Mapping
from datetime import timedelta

from provisioning.azure_backend.arm_slots import ArmSlots
from provisioning.azure_backend.bodies import Json, is_flex, section, site_host
from provisioning.azure_backend.operations import DONE
from provisioning.azure_backend.polling import Continuation
from provisioning.azure_backend.task_hub import HUB_SETTING, slot_hub_name
from provisioning.errors import PermanentError
from provisioning.port import Pending, Ready
from provisioning.spec import VersionAppRef

_STICKY = "appSettingNames"
_COPIED = ("location", "kind", "tags")
_SETTLE_DELAY = timedelta(seconds=2)


def ensure_slot(
    slots: ArmSlots, site: Json, settings: Mapping[str, str], *, slot: str, continuation: str | None
) -> Ready | Pending:
    """Bring the slot to its app's configuration, with a task hub of its own."""
    app = str(site["name"])
    if is_flex(site):
        message = f"app {app} is on Flex Consumption, which has no slots: use a Premium or Dedicated plan"
        raise PermanentError(message, "no_slots")
    earlier = Continuation.decode(continuation) if continuation else None
    if earlier and earlier.operation == "slot":
        look = slots.look_at_put(slot, earlier)
        if look != DONE:
            return look.pending(f"creating slot {slot}")
    _ensure_hub_is_sticky(slots)
    return _ensure(slots, site, {**settings, HUB_SETTING: slot_hub_name(app, slot)}, slot)


def swap_slot(slots: ArmSlots, slot: str, continuation: str | None) -> Pending | None:
    """Exchange the slot with production; None once that is done.

    A swap that was done is not to be asked for again: it would exchange them back. So the continuation of one that is
    under way must be given.
    """
    earlier = Continuation.decode(continuation) if continuation else None
    look = slots.look_at_swap(slot, earlier) if earlier and earlier.operation == "swap" else slots.swap(slot)
    return look.pending(f"swapping slot {slot} with production") if look != DONE else None


def slot_body(site: Json, settings: Mapping[str, str]) -> Json:
    """Write a slot as its app is."""
    properties = section(site, "properties")
    config = section(properties, "siteConfig")
    copied = {name: config[name] for name in ("linuxFxVersion", "alwaysOn") if config.get(name) is not None}
    pairs = [{"name": name, "value": value} for name, value in sorted(settings.items())]
    return {
        **{name: site[name] for name in _COPIED if site.get(name) is not None},
        **_identity(site),
        "properties": {
            "serverFarmId": properties.get("serverFarmId"),
            "httpsOnly": True,
            "reserved": True,
            "siteConfig": {**copied, "appSettings": pairs},
        },
    }


def _identity(site: Json) -> Json:
    """Write the identities of the app: their kind and ids, as the rest of an answer is Azure's to say."""
    identity = section(site, "identity")
    if not identity.get("type"):
        return {}
    ids = section(identity, "userAssignedIdentities")
    assigned: Json = {"userAssignedIdentities": {one: {} for one in ids}} if ids else {}
    return {"identity": {"type": identity["type"], **assigned}}


def _ensure(slots: ArmSlots, site: Json, settings: Mapping[str, str], slot: str) -> Ready | Pending:
    found = slots.get(slot)
    if found is None:
        look = slots.put(slot, slot_body(site, settings))
        if look != DONE:
            return look.pending(f"creating slot {slot}")
        found = slots.get(slot)
    if found is None:
        return Pending(Continuation("settle", "").encode(), _SETTLE_DELAY, f"waiting for Azure to show slot {slot}")
    actual = slots.settings(slot)
    if not settings.items() <= actual.items():
        slots.put_settings(slot, {**actual, **settings})
    return Ready(VersionAppRef(str(found["name"]), site_host(found)))


def _ensure_hub_is_sticky(slots: ArmSlots) -> None:
    sticky = slots.sticky_names()
    names = list(sticky.get(_STICKY) or ())
    if HUB_SETTING not in names:
        slots.put_sticky_names({**sticky, _STICKY: [*names, HUB_SETTING]})
