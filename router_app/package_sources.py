"""Where packages may be fetched from when a release names a URL instead of sending the package: read from settings."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioning import FetchLimits, PackageHost, read_host
from router_app.limits import read_time
from router_app.setting_error import SettingError


@dataclass(frozen=True, slots=True)
class PackageSources:
    """Hosts that packages are fetched from; none: the router fetches nothing."""

    hosts: tuple[PackageHost, ...] = ()
    fetch: FetchLimits = field(default_factory=FetchLimits)


def read_package_sources(env: Mapping[str, str]) -> PackageSources:
    """Read them; SettingError if a host or a network is not one."""
    hosts = _listed(env, "ROUTER_PACKAGE_HOSTS")
    networks = _listed(env, "ROUTER_PACKAGE_NETWORKS")
    total = read_time(env, "ROUTER_PACKAGE_FETCH_SECONDS", FetchLimits().total)
    try:
        fetch = FetchLimits(total, tuple(ipaddress.ip_network(network) for network in networks))
        return PackageSources(tuple(map(read_host, hosts)), fetch)
    except ValueError as error:
        raise SettingError(f"ROUTER_PACKAGE_HOSTS or ROUTER_PACKAGE_NETWORKS: {error}.") from error


def _listed(env: Mapping[str, str], name: str) -> list[str]:
    return [entry.strip() for entry in env.get(name, "").split(",") if entry.strip()]
