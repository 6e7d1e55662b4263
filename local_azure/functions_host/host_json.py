"""What host.json says, with the `AzureFunctionsJobHost__…` settings that override it; pure but for one read."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_azure.functions_host.app_settings import SettingsError, resolve_references
from local_azure.functions_host.json_comments import strip_comments
from local_azure.functions_host.ports import DurableOptions

FILE_NAME = "host.json"
OVERRIDE_PREFIX = "azurefunctionsjobhost__"
HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,44}")
TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?")
OVERRIDABLE_STATES = ("NonRunningStates", "AnyState")
DEFAULT_FUNCTION_TIMEOUT_S = 30 * 60.0
DEFAULT_MAX_BODY_BYTES = 100 * 1024 * 1024
LOG_LEVELS = {
    "trace": "DEBUG",
    "debug": "DEBUG",
    "information": "INFO",
    "warning": "WARNING",
    "error": "ERROR",
    "critical": "CRITICAL",
    "none": "CRITICAL",
}


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HostJson:
    """The part of host.json that this host honours."""

    route_prefix: str = "api"
    function_timeout_s: float | None = DEFAULT_FUNCTION_TIMEOUT_S
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    worker_log_level: str = "INFO"
    durable: DurableOptions = field(default_factory=DurableOptions)


def read_host_json(app_folder: Path, settings: Mapping[str, str]) -> HostJson:
    """Read host.json of an app folder; a missing file means the defaults."""
    path = app_folder / FILE_NAME
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else "{}"
    host_json = parse_host_json(text, settings)
    for warning in portability_warnings(text):
        log.warning("%s: %s", FILE_NAME, warning)
    return host_json


def parse_host_json(text: str, settings: Mapping[str, str]) -> HostJson:
    """Parse the text of a host.json; raise SettingsError with the key that is wrong."""
    document, _ = split_documents(text)
    if not isinstance(document, dict):
        raise SettingsError(f"{FILE_NAME} must hold a JSON object")
    document = apply_overrides(document, settings)
    http = section(document, "extensions", "http")
    return HostJson(
        route_prefix=str(value_of(http, "routePrefix", "api")).strip("/"),
        function_timeout_s=parse_timeout(value_of(document, "functionTimeout")),
        max_body_bytes=whole_number(http, "maxRequestBodySize", DEFAULT_MAX_BODY_BYTES),
        worker_log_level=worker_log_level(section(document, "logging", "logLevel")),
        durable=durable_options(section(document, "extensions", "durableTask"), settings),
    )


def split_documents(text: str) -> tuple[Any, bool]:
    """Return the first JSON value of the text, and whether more JSON follows; anything else is an error."""
    plain = strip_comments(text).strip()
    try:
        document, end = json.JSONDecoder().raw_decode(plain)
        rest = plain[end:].strip()
        if rest:
            json.loads(rest)
    except ValueError as error:
        raise SettingsError(f"{FILE_NAME} is not valid JSON: {error}") from error
    return document, bool(rest)


def portability_warnings(text: str) -> Iterator[str]:
    """Say what this host allows in a valid host.json and others do not."""
    _, has_more = split_documents(text)
    if has_more:
        yield "only its first JSON object counts here; Azure refuses a file with text after it"
    elif not is_strict_json(text):
        yield "it holds comments or trailing commas, which azure-functions-durable 1.x does not read everywhere"


def is_strict_json(text: str) -> bool:
    """Tell whether the text is JSON without comments."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def apply_overrides(document: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    """Lay `AzureFunctionsJobHost__a__b=value` settings over the document; names are compared without case."""
    result: dict[str, Any] = json.loads(json.dumps(document))
    for name, value in settings.items():
        if not name.lower().startswith(OVERRIDE_PREFIX):
            continue
        *path, leaf = name[len(OVERRIDE_PREFIX) :].split("__")
        target = result
        for step in path:
            target = target.setdefault(existing_key(target, step), {})
            if not isinstance(target, dict):
                raise SettingsError(f"the setting {name} points into a value of {FILE_NAME}, not into a section")
        target[existing_key(target, leaf)] = value
    return result


def existing_key(document: Mapping[str, Any], name: str) -> str:
    """Find the spelling of a key that the document uses already."""
    return next((key for key in document if key.lower() == name.lower()), name)


def value_of(document: Mapping[str, Any], name: str, default: object = None) -> Any:
    """Return a value by its name in any case."""
    return document.get(existing_key(document, name), default)


def section(document: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return a nested section, empty when it is missing."""
    for step in path:
        value = document.get(existing_key(document, step), {})
        if not isinstance(value, Mapping):
            raise SettingsError(f"{FILE_NAME}: {'.'.join(path)} must be an object")
        document = value
    return document


def durable_options(durable: Mapping[str, Any], settings: Mapping[str, str]) -> DurableOptions:
    """Read `extensions.durableTask`."""
    http = section(durable, "httpSettings")
    defaults = DurableOptions()
    version = value_of(durable, "defaultVersion")
    return DurableOptions(
        hub_name=hub_name(value_of(durable, "hubName"), settings),
        max_concurrent_activities=whole_number(durable, "maxConcurrentActivityFunctions", 10),
        max_concurrent_orchestrators=whole_number(durable, "maxConcurrentOrchestratorFunctions", 10),
        max_concurrent_entities=whole_number(durable, "maxConcurrentEntityFunctions", 10),
        max_orchestration_actions=whole_number(durable, "maxOrchestrationActions", defaults.max_orchestration_actions),
        overridable_states=overridable_states(value_of(durable, "overridableExistingInstanceStates")),
        default_version=None if version is None else str(version),
        default_async_request_sleep_time_ms=whole_number(
            http, "defaultAsyncRequestSleepTimeMilliseconds", defaults.default_async_request_sleep_time_ms
        ),
        extra=dict(durable),
    )


def overridable_states(configured: object) -> str:
    """Return which instances a start may replace, as .NET spells it."""
    wanted = OVERRIDABLE_STATES[0] if configured is None else str(configured)
    found = next((name for name in OVERRIDABLE_STATES if name.lower() == wanted.lower()), None)
    if found is None:
        names = " or ".join(OVERRIDABLE_STATES)
        raise SettingsError(f"{FILE_NAME}: overridableExistingInstanceStates must be {names}, not {wanted!r}")
    return found


def hub_name(configured: object, settings: Mapping[str, str]) -> str:
    """Return the task hub: the configured one, else the site's name as far as the rules allow, else the default."""
    if configured:
        name = resolve_references(str(configured), settings)
        if not HUB_NAME.fullmatch(name):
            raise SettingsError(
                f"{FILE_NAME}: the hubName {name!r} must be 3 to 45 letters and digits and start with a letter"
            )
        return name
    site = re.sub(r"[^A-Za-z0-9]", "", settings.get("WEBSITE_SITE_NAME", ""))
    if not site:
        return DurableOptions().hub_name
    name = site if site[0].isalpha() else f"t{site}"
    return (name if len(name) >= 3 else f"{name}Hub")[:45]


def parse_timeout(value: object) -> float | None:
    """Read `functionTimeout`, a .NET time span, in seconds; -1 means none."""
    if value is None:
        return DEFAULT_FUNCTION_TIMEOUT_S
    text = str(value).strip()
    if text.startswith("-"):
        return None
    match = TIME_SPAN.fullmatch(text)
    if match is None:
        raise SettingsError(f"{FILE_NAME}: functionTimeout {text!r} must look like 00:10:00, or be -1")
    days, hours, minutes, seconds, fraction = match.groups()
    whole = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds or 0)
    return whole + float(f"0.{fraction or 0}")


def whole_number(document: Mapping[str, Any], key: str, default: int) -> int:
    """Read a positive whole number."""
    value = value_of(document, key, default)
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{FILE_NAME}: {key} must be a whole number, not {value!r}") from error
    if number < 1:
        raise SettingsError(f"{FILE_NAME}: {key} must be at least 1, not {number}")
    return number


def worker_log_level(levels: Mapping[str, Any]) -> str:
    """Choose the level of the worker's root logger from `logging.logLevel`."""
    wanted = str(levels.get("Function", levels.get("default", "Information"))).lower()
    return LOG_LEVELS.get(wanted, "INFO")
