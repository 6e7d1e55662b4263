"""Settings of limits, and of where packages are fetched from: each fault is refused by name."""

import ipaddress
from datetime import timedelta

import pytest

from provisioning import PackageHost
from router_app.limits import Limits, read_limits
from router_app.package_sources import PackageSources, read_package_sources
from router_app.setting_error import SettingError


def test_without_settings_the_limits_are_the_usual_ones_and_nothing_is_fetched():
    assert read_limits({}) == Limits()
    assert read_package_sources({}) == PackageSources()
    assert read_package_sources({"ROUTER_PACKAGE_HOSTS": " , "}).hosts == ()


def test_limits_are_read():
    limits = read_limits(
        {
            "ROUTER_MAX_JSON_BYTES": "1000",
            "ROUTER_MAX_CALLS_PER_APP": "8",
            "ROUTER_MAX_WAITING_CALLS": "0",
            "ROUTER_TURN_PATIENCE_SECONDS": "0.5",
        }
    )
    assert limits == Limits(1000, 8, 0, timedelta(seconds=0.5))


def test_sources_of_packages_are_read():
    sources = read_package_sources(
        {
            "ROUTER_PACKAGE_HOSTS": "store.blob.core.windows.net, artifacts.example:8443",
            "ROUTER_PACKAGE_NETWORKS": "198.18.0.0/16,fd00::/8",
            "ROUTER_PACKAGE_FETCH_SECONDS": "30",
        }
    )
    assert sources.hosts == (PackageHost("store.blob.core.windows.net"), PackageHost("artifacts.example", 8443))
    assert sources.fetch.total == timedelta(seconds=30)
    assert sources.fetch.networks == (ipaddress.ip_network("198.18.0.0/16"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROUTER_MAX_JSON_BYTES", "0"),
        ("ROUTER_MAX_JSON_BYTES", "4 MB"),
        ("ROUTER_MAX_JSON_BYTES", "١"),
        ("ROUTER_MAX_CALLS_PER_APP", "0"),
        ("ROUTER_MAX_CALLS_PER_APP", "-1"),
        ("ROUTER_MAX_WAITING_CALLS", "1.5"),
        ("ROUTER_TURN_PATIENCE_SECONDS", "0"),
        ("ROUTER_TURN_PATIENCE_SECONDS", "nan"),
        ("ROUTER_TURN_PATIENCE_SECONDS", "inf"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(SettingError, match=name):
        read_limits({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROUTER_PACKAGE_HOSTS", "https://store.example"),
        ("ROUTER_PACKAGE_HOSTS", "*.example"),
        ("ROUTER_PACKAGE_HOSTS", "127.0.0.1"),
        ("ROUTER_PACKAGE_NETWORKS", "198.18.2.3/16"),
        ("ROUTER_PACKAGE_NETWORKS", "inside"),
        ("ROUTER_PACKAGE_FETCH_SECONDS", "soon"),
    ],
)
def test_a_source_that_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(SettingError, match=name):
        read_package_sources({name: value})
