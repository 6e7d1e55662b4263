"""The router's settings: read once from the environment, checked, immutable."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from provisioning import Hosting, deployment_storage_beside, tier_of
from router_app.access import NOBODY, Access
from router_app.access_settings import read_access, refuse_unresolved
from router_app.limits import Limits, read_limits
from router_app.package_sources import PackageSources, read_package_sources
from router_app.setting_error import SettingError
from version_registry.model import Timings

AZURE = "https://management.azure.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the router is told from outside."""

    router_id: str
    subscription_id: str
    resource_group: str
    location: str
    store: str
    """Where packages and the archive are: `file:///dir` or `https://account.blob.core.windows.net/container`."""
    arm_endpoint: str = AZURE
    hosting: Hosting = Hosting.FLEX
    plan_size: str = ""
    """Size of the plan of version apps; empty: the usual one of its hosting."""
    run_from_package: bool = False
    """Version apps run from packages in storage, which nobody builds; off Flex Consumption only."""
    tracking_store: str | None = None
    """Storage account in which all version apps keep their instances and histories together; None: each its own."""
    app_settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """Merged into the settings of every version app. May hold secrets."""
    app_identity: str | None = None
    """Resource id of the user-assigned identity that all version apps share."""
    app_runtime: str = "3.11"
    """Python's `major.minor` on version apps."""
    deployment_storage: str | None = None
    """Blob endpoint of the account for deployed packages; Azure needs one."""
    identity_client_id: str | None = None
    """Client id of the router's own user-assigned identity."""
    public_url: str | None = None
    """Origin that answers carry; None: the origin of the request."""
    max_package_bytes: int = 100 * 1024 * 1024
    """Azure's own limit of a request body."""
    max_apps: int = 100
    """Version apps that all applications may have together; 100 is Azure's own limit by default."""
    access: Access = NOBODY
    limits: Limits = field(default_factory=Limits)
    package_sources: PackageSources = field(default_factory=PackageSources)
    timings: Timings = field(default_factory=Timings)
    history_retention: timedelta = timedelta(days=7)
    """So long the router's own ended operations can be looked at."""
    orphan_grace: timedelta = timedelta(hours=24)
    """So long a version app that no table knows is left alone."""

    @property
    def package_storage(self) -> str:
        """Where version apps get their deployed packages from: the account named for it, or beside the store."""
        return self.deployment_storage or deployment_storage_beside(self.store)

    @property
    def site_scheme(self) -> str:
        """Scheme of the version apps: that of the ARM endpoint."""
        return urlsplit(self.arm_endpoint).scheme


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings; the first fault raises SettingError."""
    env = os.environ if environ is None else environ
    refuse_unresolved(env)
    return Settings(
        router_id=_matching(
            env, "ROUTER_ID", r"[a-z][a-z0-9-]{0,23}", "a lower-case letter, then up to 23 of a-z, 0-9, -"
        ),
        subscription_id=_required(env, "ROUTER_SUBSCRIPTION_ID"),
        resource_group=_required(env, "ROUTER_RESOURCE_GROUP"),
        location=_required(env, "ROUTER_LOCATION"),
        store=_required(env, "ROUTER_STORE"),
        arm_endpoint=_arm_endpoint(env),
        hosting=Hosting(_one_of(env, "ROUTER_HOSTING", frozenset(Hosting), Hosting.FLEX)),
        plan_size=_plan_size(env),
        run_from_package=_run_from_package(env),
        tracking_store=env.get("ROUTER_TRACKING_STORE", "").strip() or None,
        app_settings=_app_settings(env),
        app_identity=env.get("ROUTER_APP_IDENTITY", "").strip() or None,
        app_runtime=env.get("ROUTER_APP_RUNTIME", "").strip() or "3.11",
        deployment_storage=env.get("ROUTER_DEPLOYMENT_STORAGE", "").strip() or None,
        identity_client_id=env.get("ROUTER_IDENTITY_CLIENT_ID", "").strip() or None,
        public_url=env.get("ROUTER_PUBLIC_URL", "").rstrip("/") or None,
        max_package_bytes=int(_number(env, "ROUTER_MAX_PACKAGE_BYTES", 100 * 1024 * 1024)),
        max_apps=int(_number(env, "ROUTER_MAX_APPS", 100)),
        access=read_access(env),
        limits=read_limits(env),
        package_sources=read_package_sources(env),
        timings=_timings(env),
        history_retention=_hours(env, "ROUTER_HISTORY_RETENTION_HOURS", timedelta(days=7)),
        orphan_grace=_hours(env, "ROUTER_ORPHAN_GRACE_HOURS", timedelta(hours=24)),
    )


def _timings(env: Mapping[str, str]) -> Timings:
    names = Timings.__dataclass_fields__
    defaults = Timings()
    return Timings(**{name: _seconds(env, f"ROUTER_{name.upper()}_SECONDS", getattr(defaults, name)) for name in names})


def _required(env: Mapping[str, str], name: str) -> str:
    if value := env.get(name, "").strip():
        return value
    raise SettingError(f"The app setting {name} is missing: the router cannot start without it.")


def _matching(env: Mapping[str, str], name: str, pattern: str, words: str) -> str:
    value = _required(env, name)
    if re.fullmatch(pattern, value):
        return value
    raise SettingError(f"{name} is {value!r}; it must be {words}.")


def _one_of(env: Mapping[str, str], name: str, allowed: frozenset[str], default: str) -> str:
    value = env.get(name, "").strip() or default
    if value in allowed:
        return value
    raise SettingError(f"{name} is {value!r}; it must be one of: {', '.join(sorted(allowed))}.")


def _plan_size(env: Mapping[str, str]) -> str:
    size = env.get("ROUTER_PLAN_SIZE", "").strip()
    try:
        if size:
            tier_of(size)
    except ValueError as error:
        raise SettingError(f"ROUTER_PLAN_SIZE: {error}.") from error
    return size


def _run_from_package(env: Mapping[str, str]) -> bool:
    wanted = _one_of(env, "ROUTER_RUN_FROM_PACKAGE", frozenset({"true", "false"}), "false") == "true"
    if wanted and env.get("ROUTER_HOSTING", "").strip() in ("", Hosting.FLEX):
        raise SettingError("ROUTER_RUN_FROM_PACKAGE is not for Flex Consumption, which always runs from its package.")
    return wanted


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1
    if 0 <= value < float("inf"):
        return value
    raise SettingError(f"{name} is {text!r}; it must be a number that is not negative.")


def _seconds(env: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    return timedelta(seconds=_number(env, name, default.total_seconds()))


def _hours(env: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    hour = timedelta(hours=1)
    return _number(env, name, default / hour) * hour


def _app_settings(env: Mapping[str, str]) -> Mapping[str, str]:
    text = env.get("ROUTER_APP_SETTINGS", "").strip() or "{}"
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    # The faulty text is not repeated: it may hold connection strings.
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise SettingError("ROUTER_APP_SETTINGS must be a JSON object whose values are strings.")
    return MappingProxyType(value)


def _arm_endpoint(env: Mapping[str, str]) -> str:
    value = env.get("ROUTER_ARM_ENDPOINT", "").strip().rstrip("/") or AZURE
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.hostname:
        return value
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return value
    raise SettingError(
        f"ROUTER_ARM_ENDPOINT is {value!r}; it must be https, or http on this machine's loopback address."
    )
