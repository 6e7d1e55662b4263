"""Slots: a second place to deploy to whose task hub stays where it is, and whose code moves in a swap."""

import json

import pytest

from provisioning import Hosting, Pending, PermanentError, Ready, choose_plan_name
from provisioning.azure_backend.task_hub import HUB_SETTING, slot_hub_name

SITE = {
    "name": "orders-app",
    "location": "East US 2",
    "kind": "functionapp,linux",
    "tags": {"durable-router-id": "router-under-test"},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id/apps": {"clientId": "1"}}},
    "properties": {
        "state": "Running",
        "sku": "ElasticPremium",
        "serverFarmId": "/plans/shared",
        "siteConfig": {"linuxFxVersion": "Python|3.11", "alwaysOn": None},
        "defaultHostName": "orders-app.azurewebsites.net",
    },
}
STAGING = {
    **SITE,
    "name": "orders-app/staging",
    "properties": {**SITE["properties"], "defaultHostName": "orders-app-staging.azurewebsites.net"},
}
NOT_FOUND = {"error": {"code": "ResourceNotFound", "message": "no such slot"}}
HUB = "ordersappstaging"
SLOT = "/sites/orders-app/slots/staging"


@pytest.fixture
def arm(scripted, reply):
    """An app on Premium with one setting and nothing sticky yet; its slot is not there."""
    scripted.on("GET", "/sites/orders-app", reply(200, SITE))
    scripted.on("POST", "/sites/orders-app/config/appsettings/list", reply(200, {"properties": {"A": "1"}}))
    sticky = {"properties": {"appSettingNames": ["OTHER"], "connectionStringNames": None}}
    scripted.on("GET", "/config/slotConfigNames", reply(200, sticky))
    scripted.on("PUT", "/config/slotConfigNames", reply(200, sticky))
    scripted.on("GET", SLOT, reply(404, NOT_FOUND), reply(200, STAGING))
    scripted.on("PUT", SLOT, reply(200, STAGING))
    scripted.on("POST", f"{SLOT}/config/appsettings/list", reply(200, {"properties": {"A": "1", HUB_SETTING: HUB}}))
    return scripted


def bodies(arm, method, part):
    return [json.loads(body) for asked, path, _, body in arm.asked if asked == method and part in path]


def test_a_slot_is_made_as_its_app_is_with_a_task_hub_that_stays(arm, scripted_platform):
    ready = scripted_platform.ensure_slot("orders-app", "staging")

    assert isinstance(ready, Ready)
    assert (ready.app.name, ready.app.host) == ("orders-app/staging", "orders-app-staging.azurewebsites.net")
    assert bodies(arm, "PUT", "slotConfigNames") == [{"properties": {"appSettingNames": ["OTHER", HUB_SETTING]}}]
    (body,) = bodies(arm, "PUT", SLOT)
    assert body == {
        "location": "East US 2",
        "kind": "functionapp,linux",
        "tags": SITE["tags"],
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id/apps": {}}},
        "properties": {
            "serverFarmId": "/plans/shared",
            "httpsOnly": True,
            "reserved": True,
            "siteConfig": {
                "linuxFxVersion": "Python|3.11",
                "appSettings": [{"name": "A", "value": "1"}, {"name": HUB_SETTING, "value": HUB}],
            },
        },
    }


def test_a_slot_that_is_as_it_should_be_is_left_alone(arm, scripted_platform, reply):
    arm.on("GET", SLOT, reply(200, STAGING))
    arm.on("GET", "/config/slotConfigNames", reply(200, {"properties": {"appSettingNames": [HUB_SETTING]}}))

    assert isinstance(scripted_platform.ensure_slot("orders-app", "staging"), Ready)
    assert arm.paths("PUT") == []


def test_a_slot_gets_what_changed_in_its_app_and_keeps_its_own(arm, scripted_platform, reply):
    arm.on("GET", SLOT, reply(200, STAGING))
    arm.on("POST", f"{SLOT}/config/appsettings/list", reply(200, {"properties": {"A": "0", "OWN": "x"}}))
    arm.on("PUT", f"{SLOT}/config/appsettings", reply(200, {}))

    scripted_platform.ensure_slot("orders-app", "staging")

    assert bodies(arm, "PUT", f"{SLOT}/config") == [{"properties": {"A": "1", "OWN": "x", HUB_SETTING: HUB}}]


def test_a_slot_that_takes_long_is_resumed(arm, scripted_platform, reply):
    location = f"{arm.url}{SLOT}/operationresults/1?api-version=2025-05-01"
    arm.on("PUT", SLOT, reply(202, "", {"Location": location}))
    arm.on("GET", f"{SLOT}/operationresults/1", reply(202, "", {"Location": location}), reply(200, STAGING))

    begun = scripted_platform.ensure_slot("orders-app", "staging")
    assert isinstance(begun, Pending)
    still = scripted_platform.ensure_slot("orders-app", "staging", begun.continuation)
    assert isinstance(still, Pending)

    assert isinstance(scripted_platform.ensure_slot("orders-app", "staging", still.continuation), Ready)
    assert len(bodies(arm, "PUT", SLOT)) == 1


def test_an_app_on_flex_has_no_slots(arm, scripted_platform, reply):
    site = {**SITE, "properties": {**SITE["properties"], "sku": "FlexConsumption"}}
    arm.on("GET", "/sites/orders-app", reply(200, site))

    with pytest.raises(PermanentError) as caught:
        scripted_platform.ensure_slot("orders-app", "staging")

    assert caught.value.code == "no_slots"
    assert arm.paths("PUT") == []


def test_a_swap_is_begun_once_and_followed_to_its_end(arm, scripted_platform, reply):
    location = f"{arm.url}{SLOT}/operationresults/2?api-version=2025-05-01"
    arm.on("POST", f"{SLOT}/slotsswap", reply(202, "", {"Location": location, "Retry-After": "3"}))
    arm.on("GET", f"{SLOT}/operationresults/2", reply(202, "", {"Location": location}), reply(200, STAGING))

    begun = scripted_platform.swap_slot("orders-app", "staging")
    assert isinstance(begun, Pending)
    assert begun.retry_after.total_seconds() == 3
    still = scripted_platform.swap_slot("orders-app", "staging", begun.continuation)
    assert isinstance(still, Pending)

    assert scripted_platform.swap_slot("orders-app", "staging", still.continuation) is None
    assert bodies(arm, "POST", "slotsswap") == [{"targetSlot": "production", "preserveVnet": True}]


def test_publishing_to_a_slot_that_is_not_there_is_refused(arm, scripted_platform, make_app):
    with pytest.raises(PermanentError) as caught:
        scripted_platform.publish("orders-app", make_app(), slot="staging")

    assert caught.value.code == "slot_missing"


def test_the_hub_of_a_slot_is_not_that_of_its_app_however_long_the_names_are():
    assert slot_hub_name("orders-app", "staging") == HUB
    assert slot_hub_name("a" * 60, "staging") == "a" * 38 + "staging"
    assert slot_hub_name("orders-app", "blue-green") == "ordersappbluegreen"


def test_a_package_goes_from_a_slot_into_production(place, make_app, wait_until):
    hosting = Hosting.PREMIUM
    plan = choose_plan_name("", place.settings.router_id, hosting)
    spec = place.spec(hosting=hosting, plan_name=plan)
    platform = place.platform

    def made(step):
        result = step(None)
        for _ in range(600):
            if isinstance(result, Ready) or result is None:
                return result
            result = step(result.continuation)
        raise AssertionError(result)

    made(lambda continuation: platform.ensure_app(spec, continuation))
    made(lambda continuation: platform.ensure_slot(spec.name, "staging", continuation))
    deployment = platform.publish(spec.name, make_app(), "a" * 64, slot="staging")
    wait_until(lambda: platform.check_deployment(spec.name, deployment, slot="staging").status == "succeeded")
    assert not platform.observe_health(spec.name).ready

    made(lambda continuation: platform.swap_slot(spec.name, "staging", continuation))

    wait_until(lambda: platform.observe_health(spec.name).ready)
    settings = platform._arm.settings_of(spec.name)
    assert HUB_SETTING not in settings
    assert f"app {spec.name}" in platform.ensure_absent(spec.name, spec.tags)


def test_a_slot_does_not_get_the_package_that_production_runs_from(arm, scripted_platform, reply):
    package = {"WEBSITE_RUN_FROM_PACKAGE": "https://acc.blob.core.windows.net/app/one.zip"}
    arm.on("POST", "/sites/orders-app/config/appsettings/list", reply(200, {"properties": {"A": "1", **package}}))
    staged = {"A": "1", HUB_SETTING: HUB, "WEBSITE_RUN_FROM_PACKAGE": "https://acc.blob.core.windows.net/app/two.zip"}
    arm.on("POST", f"{SLOT}/config/appsettings/list", reply(200, {"properties": staged}))

    assert isinstance(scripted_platform.ensure_slot("orders-app", "staging"), Ready)

    assert "WEBSITE_RUN_FROM_PACKAGE" not in json.dumps(bodies(arm, "PUT", SLOT))
    assert bodies(arm, "PUT", f"{SLOT}/config") == [], "what it was told to run stays"
