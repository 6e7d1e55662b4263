"""What a site's process is started with: its command line and its environment."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_azure.control_plane.hosting.external_package import external_content
from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.records import Site

# The only variables of the control plane's own environment that reach a site. The last chooses what loads its app.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LOCAL_AZURE_WORKER")


@dataclass(frozen=True, slots=True)
class Launch:
    """A site's process as planned. Equal launches need no restart."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path


@dataclass(frozen=True, slots=True)
class Platform:
    """What is the same for every site of this control plane."""

    host_command: tuple[str, ...]
    host: str
    base_url: str
    inherited: Mapping[str, str]


def platform_from(
    environment: Mapping[str, str], *, host_command: tuple[str, ...], host: str, base_url: str
) -> Platform:
    """Describe the platform, with the few inherited variables picked out of `environment`."""
    inherited = {name: environment[name] for name in INHERITED if name in environment}
    return Platform(host_command, host, base_url, {"PATH": os.defpath, "LANG": "C.UTF-8"} | inherited)


def plan_launch(site: Site, paths: SitePaths, platform: Platform) -> Launch:
    """Plan the process of a site that has code."""
    url = site.package_url
    script_root = external_content(paths, url) if url else paths.content(site.active_deployment)
    command = (*platform.host_command, "--script-root", str(script_root), "--state-dir", str(paths.data))
    return Launch(command, site_environment(site, platform), paths.root)


def site_environment(site: Site, platform: Platform) -> dict[str, str]:
    """Build the whole environment of a site: platform facts win over its settings, nothing else leaks in."""
    return {
        **platform.inherited,
        "FUNCTIONS_EXTENSION_VERSION": "~4",
        "FUNCTIONS_WORKER_RUNTIME": site.runtime,
        **{name: str(value) for name, value in site.app_settings.items()},
        "WEBSITE_SITE_NAME": site.app,
        "WEBSITE_SLOT_NAME": site.slot or "Production",
        "WEBSITE_HOSTNAME": f"{platform.host}:{site.port}",
        "WEBSITE_INSTANCE_ID": hashlib.sha256(f"{site.key}:{site.created}".encode()).hexdigest(),
        "WEBSITE_RESOURCE_GROUP": site.group_name,
        "WEBSITE_OWNER_NAME": f"{site.subscription}+{site.group_name}",
        "IDENTITY_ENDPOINT": f"{platform.base_url}/msi/token",
        "IDENTITY_HEADER": site.identity_header,
    }
