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
    options: JsonObject = field(default_factory=dict)
    """Properties that mean nothing here, kept to be answered as they were given."""

    @property
    def id(self) -> str:
        """Return the ARM id."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group_name}"
        return f"{group}/providers/Microsoft.Web/serverfarms/{self.name}"

    @property
    def tier(self) -> str:
        """Return the tier as Azure spells it."""
        return str(self.sku.get("tier", ""))

    @property
    def is_flex(self) -> bool:
        """Tell whether this is a Flex Consumption plan."""
        return self.tier.lower() == "flexconsumption"


class SiteState(StrEnum):
    """Whether a site is meant to run."""

    RUNNING = "Running"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True)
class Site:
    """A Function app or a slot of one: what was asked for, and the ports and secrets that it was given."""

    name: str
    """For a slot `app(slot)`, as Azure has it; no app can have such a name."""
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
    slot: str = ""
    """The slot's name; empty for the app itself."""
    options: JsonObject = field(default_factory=dict)
    """Properties that mean nothing here, kept to be answered as they were given."""
    site_config: JsonObject = field(default_factory=dict)
    """The same of the web server's configuration."""
    sticky_names: JsonObject = field(default_factory=dict)
    """What stays with its slot in a swap: the document of slotConfigNames."""
    last_swap: JsonObject = field(default_factory=dict)

    @property
    def app(self) -> str:
        """Return the name of the app that this is, or is a slot of."""
        return self.name.removesuffix(f"({self.slot})") if self.slot else self.name

    @property
    def id(self) -> str:
        """Return the ARM id."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group_name}"
        slot = f"/slots/{self.slot}" if self.slot else ""
        return f"{group}/providers/Microsoft.Web/sites/{self.app}{slot}"

    @property
    def key(self) -> str:
        """Return the name as dictionaries and folders use it: site names are case-insensitive."""
        return self.name.lower()

    @property
    def runtime(self) -> str:
        """Return the language of the functions: Flex says it in its own section, other plans in a setting."""
        flex = self.function_app_config.get("runtime") or {}
        return str(flex.get("name") or self.app_settings.get("FUNCTIONS_WORKER_RUNTIME") or "python")

    @property
    def package_url(self) -> str | None:
        """Return the URL of the package that the site runs from; it wins over what was deployed to it."""
        value = str(self.app_settings.get("WEBSITE_RUN_FROM_PACKAGE") or "")
        return value if "://" in value else None

    @property
    def has_code(self) -> bool:
        """Tell whether there is anything to run."""
        return bool(self.package_url or self.active_deployment)

    @property
    def package_key(self) -> str:
        """Return whose folder holds the packages: an app and its slots share one, so that a swap moves no file."""
        return self.app.lower()


def slot_record_name(app: str, slot: str) -> str:
    """Return the name that a slot is stored under."""
    return f"{app}({slot})" if slot else app


class DeploymentStatus(IntEnum):
    """Kudu's numbers."""

    PENDING = 0
    BUILDING = 1
    DEPLOYING = 2
    FAILED = 3
    SUCCESS = 4
    # These end a deployment only when a fault is set.
    CANCELLED = -1
    CONFLICT = 5
    PARTIAL = 6


FINISHED = frozenset(DeploymentStatus) - {
    DeploymentStatus.PENDING,
    DeploymentStatus.BUILDING,
    DeploymentStatus.DEPLOYING,
}


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
    fault: str = ""
    """What is to go wrong with it: a kind of fault, or nothing."""
    way: str = ""
    """The endpoint that took it; of older records the deployer tells it."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token that was issued; only its digest is kept."""

    digest: str
    principal: str
    resource: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running ARM operation that a client may poll: the deletion of a group, or a swap of slots."""

    id: str
    subscription: str
    group_name: str
    done: bool = False
    swap_source: str = ""
    """Names of the two sites; empty for a deletion."""
    swap_target: str = ""


class LockLevel(StrEnum):
    """What a lock forbids."""

    CAN_NOT_DELETE = "CanNotDelete"
    READ_ONLY = "ReadOnly"


@dataclass(frozen=True, slots=True)
class Lock:
    """A management lock on a subscription, group or resource."""

    scope: str
    name: str
    level: LockLevel
    notes: str = ""

    @property
    def id(self) -> str:
        """Return the ARM id."""
        return f"{self.scope}/providers/Microsoft.Authorization/locks/{self.name}"
