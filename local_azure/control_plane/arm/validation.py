"""What Azure refuses in a site or plan before it makes it. Pure."""

import re
from collections.abc import Iterable
from typing import Any

from local_azure.control_plane.arm.errors import ArmError, bad_request

SITE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,58}[A-Za-z0-9])?")
# Any of them can be described; only python can be deployed here.
RUNTIMES = frozenset({"python", "node", "dotnet-isolated", "java", "powershell", "custom"})
INSTANCE_MEMORY_MB = (512, 2048, 4096)
MAXIMUM_INSTANCES = range(1, 1001)

# Flex takes these from functionAppConfig; as settings it refuses them.
SETTINGS_NOT_ON_FLEX = frozenset(
    {
        "FUNCTIONS_WORKER_RUNTIME",
        "FUNCTIONS_WORKER_RUNTIME_VERSION",
        "WEBSITE_RUN_FROM_PACKAGE",
        "WEBSITE_CONTENTSHARE",
        "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
        "SCM_DO_BUILD_DURING_DEPLOYMENT",
        "ENABLE_ORYX_BUILD",
    }
)


def site_name_error(name: str) -> str | None:
    """Say what is wrong with a site's name; None when nothing is."""
    if SITE_NAME.fullmatch(name):
        return None
    return f"'{name}' is no site name: 1 to 60 letters, digits and hyphens, with no hyphen at either end."


def slot_name_error(name: str) -> str | None:
    """Say what is wrong with a slot's name; None when nothing is."""
    if name.lower() == "production":
        return "'production' is the app itself, not a slot."
    if SITE_NAME.fullmatch(name):
        return None
    return f"'{name}' is no slot name: 1 to 60 letters, digits and hyphens, with no hyphen at either end."


def check_flex_config(config: Any) -> None:
    """Raise unless the section holds everything that a Flex site needs."""
    if not isinstance(config, dict) or not config:
        raise bad_request(
            "Site.FunctionAppConfig is invalid.  The FunctionAppConfig section was not specified in the request, "
            "which is required for Flex Consumption sites. To proceed, please add the FunctionAppConfig section "
            "in your request."
        )
    for path, problem in _flex_problems(config):
        raise bad_request("Site.FunctionAppConfig.{0} is invalid.  {1}", path, problem)


def _flex_problems(config: dict[str, Any]) -> Iterable[tuple[str, str]]:
    storage = _section(_section(config, "deployment"), "storage")
    runtime = _section(config, "runtime")
    scale = _section(config, "scaleAndConcurrency")
    if str(storage.get("type", "")).lower() != "blobcontainer":
        yield "Deployment.Storage.Type", "It has to be blobContainer."
    if not storage.get("value"):
        yield "Deployment.Storage.Value", "The URL of the deployment container is missing."
    if not _section(storage, "authentication").get("type"):
        yield "Deployment.Storage.Authentication.Type", "It is missing."
    if str(runtime.get("name", "")).lower() not in RUNTIMES:
        yield "Runtime.Name", f"It has to be one of {sorted(RUNTIMES)}."
    if not runtime.get("version"):
        yield "Runtime.Version", "It is missing."
    if scale.get("instanceMemoryMB", 2048) not in INSTANCE_MEMORY_MB:
        yield "ScaleAndConcurrency.InstanceMemoryMB", f"It has to be one of {INSTANCE_MEMORY_MB}."
    if scale.get("maximumInstanceCount", 100) not in MAXIMUM_INSTANCES:
        yield "ScaleAndConcurrency.MaximumInstanceCount", "It has to be between 1 and 1000."


def _section(config: dict[str, Any], name: str) -> dict[str, Any]:
    section = config.get(name)
    return section if isinstance(section, dict) else {}


def read_setting_pairs(pairs: Any) -> dict[str, str]:
    """Read `[{"name": …, "value": …}]`, the form of settings inside a site."""
    if not isinstance(pairs, list) or not all(isinstance(p, dict) and isinstance(p.get("name"), str) for p in pairs):
        raise bad_request("Site.SiteConfig.AppSettings has to be a list of names and values.")
    return {pair["name"]: _setting_value(pair.get("value")) for pair in pairs}


def read_setting_dictionary(settings: Any) -> dict[str, str]:
    """Read `{name: value}`, the form of settings on their own."""
    if not isinstance(settings, dict):
        raise bad_request("The settings have to be an object of names and values.")
    return {str(name): _setting_value(value) for name, value in settings.items()}


def _setting_value(value: Any) -> str:
    return "" if value is None else str(value)


def check_settings(settings: dict[str, str], *, flex: bool) -> None:
    """Raise when a setting cannot be one."""
    if refused := sorted(name for name in settings if flex and name.upper() in SETTINGS_NOT_ON_FLEX):
        raise setting_refused(refused[0])
    for name in settings:
        # A name becomes an environment variable; Flex knows only letters, digits, dots and underscores.
        if not re.fullmatch(r"[A-Za-z0-9_.\-]+", name):
            raise bad_request("AppSetting with name(s) '{0}' is not allowed.", name)


def setting_refused(name: str) -> ArmError:
    """Build the answer to a setting that Flex does not take."""
    return bad_request(
        "The following app setting (Site.SiteConfig.AppSettings.{0}) for Flex Consumption sites is invalid. "
        "Please remove or rename it before retrying.",
        name,
    )
