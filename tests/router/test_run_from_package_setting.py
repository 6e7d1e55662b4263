"""ROUTER_RUN_FROM_PACKAGE: which apps it makes run from their packages, and where it makes no sense."""

import pytest

from router_app.effects.apps import app_spec
from router_app.parts import Parts
from router_app.settings import SettingError, read_settings

ENV = {
    "ROUTER_ID": "main",
    "ROUTER_SUBSCRIPTION_ID": "s",
    "ROUTER_RESOURCE_GROUP": "g",
    "ROUTER_LOCATION": "l",
    "ROUTER_STORE": "https://store.blob.core.windows.net/durable-router",
    "ROUTER_HOSTING": "premium",
}


@pytest.mark.parametrize(
    ("more", "storage"),
    [
        ({"ROUTER_DEPLOYMENT_STORAGE": "https://apps.blob.core.windows.net/"}, "https://apps.blob.core.windows.net/"),
        ({}, "https://store.blob.core.windows.net"),
    ],
    ids=["of its own", "beside the store"],
)
def test_apps_and_platform_agree_on_where_packages_are(more, storage):
    settings = read_settings({**ENV, **more, "ROUTER_RUN_FROM_PACKAGE": "true"})
    spec = app_spec(settings, "orders", "1.0", 1)
    assert spec.run_from_package
    assert spec.container_url == f"{storage.rstrip('/')}/app-{spec.name}"
    assert Parts(settings).platform._settings.run_from == storage


@pytest.mark.parametrize("value", ["", "false"])
def test_packages_are_sent_unless_it_is_set(value):
    settings = read_settings({**ENV, "ROUTER_RUN_FROM_PACKAGE": value})
    assert not app_spec(settings, "orders", "1.0", 1).run_from_package
    assert Parts(settings).platform._settings.run_from is None


@pytest.mark.parametrize("hosting", ["", "flex"])
def test_it_is_refused_on_flex(hosting):
    with pytest.raises(SettingError, match="always runs from its package"):
        read_settings({**ENV, "ROUTER_HOSTING": hosting, "ROUTER_RUN_FROM_PACKAGE": "true"})


def test_anything_but_true_and_false_is_refused():
    with pytest.raises(SettingError, match="ROUTER_RUN_FROM_PACKAGE"):
        read_settings({**ENV, "ROUTER_RUN_FROM_PACKAGE": "1"})
