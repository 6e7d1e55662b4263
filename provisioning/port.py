"""The port between the router and the platform its version apps run on. Blocking: the shell calls it in threads.

Every method is idempotent, may be repeated after a crash, and raises ProvisioningError (errors.py) and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from provisioning.functions import AppFunction
from provisioning.spec import AppSpec, VersionAppRef


@dataclass(frozen=True, slots=True)
class Ready:
    """The app is there, as specified."""

    app: VersionAppRef


@dataclass(frozen=True, slots=True)
class Pending:
    """A platform operation is under way: call again with `continuation`, which survives a restart of the router."""

    continuation: str
    retry_after: timedelta
    doing: str
    """What is under way, for people."""


class DeploymentStatus(StrEnum):
    """How a published package fares."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """What the platform says of one publish; a failure carries the build log's last lines."""

    status: DeploymentStatus
    message: str = ""


@dataclass(frozen=True, slots=True)
class AppHealth:
    """One look at an app's host. `ready`: it runs and has its durable key. Comparing functions is up to the caller."""

    state: str
    """As the host says (`Running`, `Error`, …), or `Unreachable`."""
    functions: tuple[AppFunction, ...]
    ready: bool
    reason: str = ""
    """Why it is not ready. Several lines when the app cannot be loaded: the host's error."""

    @property
    def has_failed(self) -> bool:
        """Tell whether the host runs and could not load the app, such as for an error on import."""
        return self.state.lower() == "error"


@dataclass(frozen=True, slots=True)
class HostKeys:
    """Keys of one app. Never logged or stored: the repr hides them."""

    master: str = field(repr=False)
    durable: str | None = field(default=None, repr=False)
    """System key of the durable HTTP API; None until the app's host has started once."""
    default: str | None = field(default=None, repr=False)
    """The host-wide function key."""


@dataclass(frozen=True, slots=True)
class OwnedApp:
    """An app that carries this router's tag."""

    name: str
    tags: Mapping[str, str]


class AppPlatform(Protocol):
    """A place where version apps run."""

    def ensure_app(self, spec: AppSpec, continuation: str | None = None) -> Ready | Pending:
        """Bring the app to its specification, from whatever state it is in; never waits for the platform."""
        ...

    def publish(self, app_name: str, package: Path, digest: str = "") -> str:
        """Send a package to the app and return the deployment's id; its build goes on afterwards.

        With its `digest`, a publish of the same package that is under way, or has just been done, is followed instead
        of repeated, and one of another package is let end first.
        """
        ...

    def check_deployment(self, app_name: str, deployment: str) -> DeploymentState:
        """Look once how a deployment fares."""
        ...

    def observe_health(self, app_name: str) -> AppHealth:
        """Look once at the app's host; a host that does not answer is a state, not an error."""
        ...

    def host_keys(self, app_name: str) -> HostKeys:
        """Read the app's keys."""
        ...

    def ensure_absent(
        self, app_name: str, tags: Mapping[str, str], continuation: str | None = None
    ) -> tuple[str, ...] | Pending:
        """Stop and delete the app and what was made for it, if its tags match; return what was deleted.

        A deletion that takes long is handed back; its continuation also holds what was deleted before.
        """
        ...

    def host_of(self, app_name: str) -> str:
        """Return where the app answers, `host[:port]`; an app that is missing or not this router's is refused."""
        ...

    def list_owned(self) -> tuple[OwnedApp, ...]:
        """Return every app that carries this router's tag."""
        ...
