"""What the router's settings make of a version app's specification."""

import logging

import pytest

from provisioning import Hosting
from router_app.effects.apps import app_spec
from router_app.parts import Parts
from router_app.settings import read_settings

NEEDED = {
    "ROUTER_ID": "or-ders",
    "ROUTER_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001",
    "ROUTER_RESOURCE_GROUP": "versions",
    "ROUTER_LOCATION": "westeurope",
    "ROUTER_STORE": "file:///tmp/store",
}


def spec_of(line="1.0", **settings):
    return app_spec(read_settings({**NEEDED, **settings}), "orders", line, 1)


def test_on_flex_every_app_has_a_plan_of_its_own():
    first, second = spec_of("1.0"), spec_of("1.1")

    assert first.hosting is Hosting.FLEX
    assert first.plan_name == f"plan-{first.name}"
    assert first.plan_name != second.plan_name


@pytest.mark.parametrize("hosting", ["premium", "dedicated"])
def test_on_a_plan_with_instances_of_its_own_all_apps_share_it(hosting):
    first, second = (
        spec_of("1.0", ROUTER_HOSTING=hosting, ROUTER_PLAN_SIZE="EP2"),
        spec_of("1.1", ROUTER_HOSTING=hosting),
    )

    assert first.plan_name == second.plan_name == f"plan-or-ders-{hosting}"
    assert (first.plan_size, second.plan_size) == ("EP2", "")
    assert first.plan_tags == {"durable-router-id": "or-ders"}


def test_each_app_knows_its_application_and_line_whatever_the_settings_say():
    settings = spec_of(ROUTER_APP_SETTINGS='{"DURABLE_ROUTER_LINE": "9.9", "A": "1"}').settings

    assert settings == {"A": "1", "DURABLE_ROUTER_APPLICATION": "orders", "DURABLE_ROUTER_LINE": "1.0"}


def test_a_shared_tracking_store_is_the_same_for_all_apps():
    client = '{"AzureWebJobsStorage__clientId": "42"}'
    first, second = (
        spec_of(line, ROUTER_TRACKING_STORE="stshared", ROUTER_APP_SETTINGS=client).settings for line in ("1.0", "1.1")
    )

    assert first["TrackingStore__accountName"] == "stshared"
    assert first["TrackingStore__clientId"] == "42"
    prefix = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__trackingStoreNamePrefix"
    assert first[prefix] == second[prefix] == "orders"
    assert not [name for name in spec_of().settings if "racking" in name]


@pytest.mark.parametrize(("hosting", "warned"), [("consumption", True), ("flex", False), ("premium", False)])
def test_a_hosting_that_ends_is_warned_of(hosting, warned, caplog):
    with caplog.at_level(logging.WARNING, "durable_router"):
        assert Parts(read_settings({**NEEDED, "ROUTER_HOSTING": hosting})).platform is not None

    assert ("2028-09-30" in caplog.text) is warned
