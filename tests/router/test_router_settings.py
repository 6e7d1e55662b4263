"""Settings: what is read, what is refused, and that nothing secret is shown."""

from datetime import timedelta

import pytest

from router_app.settings import SettingError, read_settings

NEEDED = {
    "ROUTER_ID": "main",
    "ROUTER_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001",
    "ROUTER_RESOURCE_GROUP": "versions",
    "ROUTER_LOCATION": "westeurope",
    "ROUTER_STORE": "file:///tmp/store",
}


def test_defaults_are_those_of_the_model():
    settings = read_settings(NEEDED)
    assert settings.arm_endpoint == "https://management.azure.com"
    assert settings.timings.table_ttl == timedelta(seconds=5)
    assert settings.access.keys == ()
    assert settings.site_scheme == "https"


def test_every_timing_is_read_from_its_setting():
    settings = read_settings({**NEEDED, "ROUTER_QUIET_FOR_SECONDS": "2.5", "ROUTER_TABLE_TTL_SECONDS": "0.5"})
    assert settings.timings.quiet_for == timedelta(seconds=2.5)
    assert settings.timings.table_ttl == timedelta(seconds=0.5)


def test_a_repr_shows_no_secret():
    settings = read_settings(
        {
            **NEEDED,
            "ROUTER_ADMIN_KEYS": "s3cret-" + "k" * 20,
            "ROUTER_APP_SETTINGS": '{"AzureWebJobsStorage": "AccountKey=s3cret"}',
        }
    )
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_setting_is_named(name):
    with pytest.raises(SettingError, match=name):
        read_settings({key: value for key, value in NEEDED.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("ROUTER_ID", "Main", id="an id with capitals"),
        pytest.param("ROUTER_TABLE_TTL_SECONDS", "soon", id="a time that is no number"),
        pytest.param("ROUTER_TABLE_TTL_SECONDS", "-1", id="a negative time"),
        pytest.param("ROUTER_TABLE_TTL_SECONDS", "nan", id="not a number"),
        pytest.param("ROUTER_TABLE_TTL_SECONDS", "inf", id="for ever"),
        pytest.param("ROUTER_ARM_ENDPOINT", "http://management.azure.com", id="plain http over the network"),
        pytest.param("ROUTER_ARM_ENDPOINT", "ftp://127.0.0.1", id="another scheme"),
        pytest.param("ROUTER_HOSTING", "kubernetes", id="an unknown hosting"),
        pytest.param("ROUTER_PLAN_SIZE", "huge", id="a size of no plan"),
        pytest.param("ROUTER_MAX_APPS", "many", id="a limit that is no number"),
        pytest.param("ROUTER_APP_SETTINGS", "{", id="settings that are no JSON"),
        pytest.param("ROUTER_APP_SETTINGS", '{"a": 1}', id="settings that are no texts"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(SettingError, match=name):
        read_settings({**NEEDED, name: value})


def test_a_faulty_object_of_app_settings_is_not_repeated():
    with pytest.raises(SettingError) as refused:
        read_settings({**NEEDED, "ROUTER_APP_SETTINGS": '{"key": "s3cret"'})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"])
def test_plain_http_is_fine_on_loopback(endpoint):
    assert read_settings({**NEEDED, "ROUTER_ARM_ENDPOINT": endpoint}).site_scheme == "http"
