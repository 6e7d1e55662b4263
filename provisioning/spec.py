"""What a version app should be: its name, its ownership tags and everything a platform needs to make it."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from provisioning.hosting import NO_BUILD, TRAITS, Hosting, HostingTraits, PublishMethod, choose_publish_method

RUN_FROM_PACKAGE = PublishMethod.RUN_FROM_PACKAGE

PACKAGE_SETTING = "WEBSITE_RUN_FROM_PACKAGE"
PACKAGE_IDENTITY_SETTING = "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID"
"""Names the identity with which an app fetches the package that it runs from."""

MAX_NAME_LENGTH = 32
"""The Functions host cuts its host id there: apps equal up to it would share one on shared storage."""

_DIGEST_LENGTH = 10
"""Base-32 characters: 50 bits."""

_NAME_ATTEMPTS = 5

TAG_ROUTER = "durable-router-id"
TAG_APPLICATION = "durable-router-application"
TAG_LINE = "durable-router-line"
TAG_GENERATION = "durable-router-generation"
TAG_PACKAGE = "durable-router-package"
"""Digest of the package that was published last. For people and sweeps; ownership does not rest on it."""

OWNERSHIP_TAGS = (TAG_ROUTER, TAG_APPLICATION, TAG_LINE, TAG_GENERATION)
"""All of them must match before an app is changed or deleted. Other tags of an app are anybody's."""


@dataclass(frozen=True, slots=True)
class AppSpec:
    """One version app as it should be."""

    name: str
    plan_name: str
    resource_group: str
    location: str
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """All app settings the router sets. Not shown in a repr: values may be secrets."""
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Ownership tags, and any others."""
    runtime_version: str = "3.11"
    """Python's `major.minor` on the app."""
    identity: str | None = None
    """Resource id of the user-assigned identity that all version apps share; None: no identity."""
    deployment_storage: str | None = None
    """Blob endpoint of the account for deployed packages, as `https://account.blob.core.windows.net`; Azure needs one.
    The app gets a container of its own, reached with `identity` or the setting DEPLOYMENT_STORAGE_CONNECTION_STRING.
    `file:///directory` where the platform is a local one."""
    instance_memory_mb: int = 2048
    """On Flex Consumption."""
    maximum_instance_count: int = 100
    """On Flex Consumption."""
    hosting: Hosting = Hosting.FLEX
    plan_size: str = ""
    """Such as EP1; empty: the usual one of its hosting."""
    run_from_package: bool = False
    """Packages are put into its container, and it runs from there, instead of being sent and built. Not on Flex."""

    @property
    def traits(self) -> HostingTraits:
        """What its kind of plan is like."""
        return TRAITS[self.hosting]

    @property
    def app_settings(self) -> Mapping[str, str]:
        """All settings the app must have: those of its kind of plan, and its own."""
        return {**self.traits.settings, **(self._package_settings if self._runs_from_package else {}), **self.settings}

    @property
    def _runs_from_package(self) -> bool:
        flex = self.hosting is Hosting.FLEX
        return choose_publish_method(flex=flex, run_from_package=self.run_from_package) is RUN_FROM_PACKAGE

    @property
    def _package_settings(self) -> Mapping[str, str]:
        return {**NO_BUILD, **({PACKAGE_IDENTITY_SETTING: self.identity} if self.identity else {})}

    @property
    def plan_tags(self) -> Mapping[str, str]:
        """Tags of its plan: one that is shared is the router's, and no line's."""
        if not self.traits.shared_plan:
            return self.tags
        return {TAG_ROUTER: self.tags[TAG_ROUTER]} if TAG_ROUTER in self.tags else {}

    @property
    def container_url(self) -> str | None:
        """URL of the container for this app's packages; one whose packages are sent off Flex Consumption has none."""
        if self.deployment_storage is None or not (self.hosting is Hosting.FLEX or self._runs_from_package):
            return None
        return container_url(self.deployment_storage, self.name)


@dataclass(frozen=True, slots=True)
class VersionAppRef:
    """An app that exists: its name and where it answers (`host[:port]`, no scheme)."""

    name: str
    host: str


def app_name(router_id: str, application: str, line: str, generation: int, *, salt: str = "") -> str:
    """Derive an app's name: readable, at most 32 characters, letter first, and unique per line and generation.

    App names are global DNS names: with subscription and resource group as `salt`, equal routers elsewhere get others.
    """
    readable = f"{application}-{line}-g{generation}".replace(".", "-")[: MAX_NAME_LENGTH - _DIGEST_LENGTH - 1]
    # Taken over separated parts: `app-1` + `12` and `app-11` + `2` look alike once punctuation is dropped.
    return f"{readable.rstrip('-')}-{_digest(salt, router_id, application, line, str(generation))}"


def candidate_names(app: str) -> tuple[str, ...]:
    """Return the names that an app may get, in order: the first that nobody else in Azure has. Always the same ones."""
    readable = app.rpartition("-")[0] or app
    readable = readable[: MAX_NAME_LENGTH - _DIGEST_LENGTH - 1].rstrip("-")
    return (app, *(f"{readable}-{_digest(app, str(attempt))}" for attempt in range(1, _NAME_ATTEMPTS)))


def _digest(*parts: str) -> str:
    return base64.b32encode(hashlib.sha256("\x00".join(parts).encode()).digest()).decode().lower()[:_DIGEST_LENGTH]


def plan_name(app: str) -> str:
    """Name the hosting plan of an app that has one of its own, as on Flex Consumption."""
    return f"plan-{app}"


def shared_plan_name(router_id: str, hosting: Hosting) -> str:
    """Name the plan that all version apps of a router share."""
    return f"plan-{router_id}-{hosting.value}"


def choose_plan_name(app: str, router_id: str, hosting: Hosting) -> str:
    """Name the plan of an app, whichever kind it has."""
    return shared_plan_name(router_id, hosting) if TRAITS[hosting].shared_plan else plan_name(app)


def container_name(app: str) -> str:
    """Name the container that holds an app's deployed package; app names are valid container names."""
    return f"app-{app}"


def container_url(storage: str, app: str) -> str:
    """Return the URL of the container that holds an app's packages, given the endpoint of its account."""
    return f"{storage.rstrip('/')}/{container_name(app)}"


def deployment_storage_beside(store_url: str) -> str:
    """Return where deployed packages go by default: the account, or below the directory, of the router's own store."""
    parts = urlsplit(store_url)
    if parts.scheme == "file":
        return f"{store_url.rstrip('/')}/deployments"
    return f"{parts.scheme}://{parts.netloc}"


def ownership_tags(router_id: str, application: str, line: str, generation: int) -> dict[str, str]:
    """Return the tags that make an app this router's."""
    return {TAG_ROUTER: router_id, TAG_APPLICATION: application, TAG_LINE: line, TAG_GENERATION: str(generation)}


def ownership_mismatch(expected: Mapping[str, str], actual: Mapping[str, str]) -> str | None:
    """Say which expected ownership tag an existing resource lacks or has otherwise; None when all match."""
    for tag in OWNERSHIP_TAGS:
        if tag in expected and actual.get(tag) != expected[tag]:
            return f"tag {tag} is {actual.get(tag)!r}, not {expected[tag]!r}"
    return None
