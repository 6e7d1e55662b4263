"""What the control plane remembers, as plain data."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """A resource group. While `deleting`, its deletion has been accepted and goes on, also after a crash."""

    subscription: str
    name: str
    location: str
    tags: JsonObject = field(default_factory=dict)
    deleting: bool = False

    @property
    def id(self) -> str:
        """Return the ARM id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """An App Service plan."""

    subscription: str
    group_name: str
    name: str
    location: str
    sku: JsonObject
    kind: str = "functionapp"
    reserved: bool = True
    tags: JsonObject = field(default_factory=dict)
    number: int = 0
    created: str = ""

    @property
    def id(self) -> str:
        """Return the ARM id."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group_name}"
        return f"{group}/providers/Microsoft.Web/serverfarms/{self.name}"

    @property
    def is_flex(self) -> bool:
        """Tell whether this is a Flex Consumption plan."""
        return str(self.sku.get("tier", "")).lower() == "flexconsumption"


class SiteState(StrEnum):
    """Whether a site is meant to run."""

    RUNNING = "Running"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True)
class Site:
    """A Function app: what was asked for, and the ports and secrets that it was given."""

    name: str
    subscription: str
    group_name: str
    location: str
    plan_id: str
    port: int
    scm_port: int
    identity_header: str
    kind: str = "functionapp,linux"
    tags: JsonObject = field(default_factory=dict)
    identity: JsonObject = field(default_factory=dict)
    function_app_config: JsonObject = field(default_factory=dict)
    app_settings: JsonObject = field(default_factory=dict)
    state: SiteState = SiteState.RUNNING
    active_deployment: str = ""
    created: str = ""
    modified: str = ""

    @property
    def id(self) -> str:
        """Return the ARM id."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group_name}"
        return f"{group}/providers/Microsoft.Web/sites/{self.name}"

    @property
    def key(self) -> str:
        """Return the name as dictionaries and folders use it: site names are case-insensitive."""
        return self.name.lower()


class DeploymentStatus(IntEnum):
    """Kudu's numbers."""

    PENDING = 0
    BUILDING = 1
    DEPLOYING = 2
    FAILED = 3
    SUCCESS = 4


FINISHED = frozenset({DeploymentStatus.FAILED, DeploymentStatus.SUCCESS})


@dataclass(frozen=True, slots=True)
class Deployment:
    """One package handed to a site's deployment endpoint."""

    id: str
    site: str
    deployer: str
    remote_build: bool
    received: str
    status: DeploymentStatus = DeploymentStatus.PENDING
    status_text: str = ""
    started: str = ""
    ended: str = ""
    sequence: int = 0
    """Rises with each deployment of this control plane; the greatest of a site is its latest."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token that was issued; only its digest is kept."""

    digest: str
    principal: str
    resource: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running ARM operation that a client may poll."""

    id: str
    subscription: str
    group_name: str
    done: bool = False
