"""The routing table of one application, as immutable data. Words: docs/concepts.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class LineStatus(StrEnum):
    """Where a line stands in its life. *Superseded* is not a status: it is LIVE and not current."""

    REGISTERED = "registered"
    """Known, with at least one release, but no app yet (never deployed, or its first deploy failed)."""
    PROVISIONING = "provisioning"
    """A deploy holds the line and is making its app."""
    LIVE = "live"
    """Its app takes starts."""
    DRAINING = "draining"
    """Closed to new starts while it is proven that nothing is unfinished. Reversible."""
    RETIRING = "retiring"
    """Proven empty; its app is being deleted. Not reversible."""
    RETIRED = "retired"
    """Tombstone with receipt and packages; a new start or release may recreate it as the next generation."""


class ReleaseStatus(StrEnum):
    """What became of a release."""

    REGISTERED = "registered"
    DEPLOYING = "deploying"
    ACTIVE = "active"
    """The package that its line's app runs."""
    SUPERSEDED = "superseded"
    """Was active; a later release of the line replaced it."""
    RETIRED = "retired"
    """Was active when its line was retired."""
    FAILED = "failed"


class FunctionKind(StrEnum):
    """Kinds of functions that matter to routing, named as their triggers are."""

    ORCHESTRATOR = "orchestrationTrigger"
    ACTIVITY = "activityTrigger"
    ENTITY = "entityTrigger"
    HTTP = "httpTrigger"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a package; `name` is the durable name for orchestrators, activities and entities."""

    name: str
    kind: FunctionKind


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is (not) so about a release or line, for pipelines to wait on; reasons are stable words."""

    type: str
    status: bool
    reason: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """One full version with its package digest; immutable but for its status and conditions."""

    version: str
    """Normalised: `1.4.2`, `1.4.2rc1`."""
    digest: str
    """SHA-256 of the package, 64 hex digits. The package store is addressed by it."""
    registered_at: datetime
    status: ReleaseStatus = ReleaseStatus.REGISTERED
    functions: tuple[Function, ...] = ()
    conditions: tuple[Condition, ...] = ()
    operation: str | None = None
    """Instance id of the deploy_release orchestration that last worked on it."""
    asked_for: bool = True
    """A pipeline wants it deployed, and no deploy of it has ended since: only then policy may make its line current.
    False for one that is registered on demand. Absent in tables of older routers, which knew only this."""


@dataclass(frozen=True, slots=True)
class VersionApp:
    """The Function app that serves a line. Holds no key: keys never enter the table."""

    name: str
    host: str
    """`host[:port]` without scheme."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """An unfinished instance that keeps its line alive."""

    instance_id: str
    name: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """One look at an app's unfinished instances."""

    at: datetime
    unfinished: int | None
    """None when the app gave no answer: unknown is not zero."""
    reason: str = ""
    blockers: tuple[Blocker, ...] = ()
    """The oldest few of the unfinished ones."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a drain found, kept in the line from the moment its deletion begins, so that no crash can lose it."""

    counts: tuple[Count, ...]
    archived: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a retirement: everything the decision rested on."""

    operation: str
    """Instance id of the retire_line orchestration that finished it."""
    generation: int
    """Of the line: which of its apps went."""
    table_generation: int
    drain_began_at: datetime
    counts: tuple[Count, ...]
    """Every count of the safety step, oldest first."""
    archived: int
    deleted: tuple[str, ...]
    """Resource names."""
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class Errand:
    """A waiting start's task to begin the deploy that it needs."""

    given_to: str
    """Instance id of the start's orchestration."""
    deploy: str
    """Instance id that the deploy is to have."""
    version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A `major.minor` (or one pre-release) and all that is known of it."""

    name: str
    status: LineStatus
    generation: int = 0
    """Counts the apps the line has had; 0 before the first."""
    app: VersionApp | None = None
    releases: tuple[Release, ...] = ()
    """Oldest first. Of those that are over, the latest; the others are past."""
    past: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Of releases that are over and not kept in full: how their digests begin, so that no version is used twice."""
    active: str | None = None
    """Version of the ACTIVE release; None without an app."""
    functions: tuple[Function, ...] = ()
    """What the running app serves, as its host reported at the gate."""
    holder: str | None = None
    """Operation (orchestration instance id) that now deploys, or retires, the line; None when nobody does."""
    held_since: datetime | None = None
    waiting: tuple[str, ...] = ()
    """Orchestration ids to wake when the holder lets go or the line turns live."""
    errand: Errand | None = None
    """The last waiting start that was told to begin a deploy; for a while after that the others just wait."""
    activated_at: datetime | None = None
    promoted_at: datetime | None = None
    """When it last became current; None when it never was."""
    superseded_at: datetime | None = None
    """Since when it has been live without being current (a line that never was current: its activation)."""
    quiet_since: datetime | None = None
    """First of an unbroken row of zero counts."""
    last_count: Count | None = None
    drain_began_at: datetime | None = None
    keep: str | None = None
    """Why an admin keeps it from being drained; None when not kept."""
    drain_requested: bool = False
    """An admin asked for it: skips quiet period, sunset delay and keep-last, never the safety steps."""
    condition: str = ""
    """What went wrong last, or what a person must do; shown in the table."""
    proof: Proof | None = None
    receipt: Receipt | None = None
    """Of its latest retirement."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What the table keeps of a retired line that is in the archive."""

    version: str
    """Of its latest release."""
    generation: int
    """Of the line: its next app gets the next one."""


class PromotePolicy(StrEnum):
    """When a newly activated line becomes current."""

    IMMEDIATELY = "immediately"
    MANUALLY = "manually"


class RetiredStarts(StrEnum):
    """What happens to a start that names a retired line."""

    RECREATE = "recreate"
    REJECT = "reject"
    FORWARD_TO_LATEST = "forward-to-latest"


@dataclass(frozen=True, slots=True)
class Policy:
    """What an application's admins chose."""

    promote: PromotePolicy = PromotePolicy.IMMEDIATELY
    retired_starts: RetiredStarts = RetiredStarts.RECREATE
    sunset_delay: timedelta = timedelta(0)
    """At least this long between being superseded and being drained."""
    keep_last: int = 0
    """This many of the newest superseded live lines are not drained."""
    trial_period: timedelta = timedelta(days=1)
    """A live line that never was current (a pre-release, or one that awaits promotion) is not drained sooner."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """A share of unversioned starts that goes to a line before it becomes current."""

    line: str
    percent: int
    """1 to 100."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One change of the table: what, to which line, and why."""

    at: datetime
    generation: int
    operation: str
    line: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Everything about one application. `generation` grows by one with every change."""

    application: str
    generation: int = 0
    lines: Mapping[str, Line] = field(default_factory=lambda: MappingProxyType({}))
    archived: Mapping[str, Tombstone] = field(default_factory=lambda: MappingProxyType({}))
    """Retired lines whose full story is in the archive, so that the table does not grow with what is over."""
    current: str | None = None
    previous: str | None = None
    """The current line before the last promotion: what a rollback goes back to."""
    ramp: Ramp | None = None
    policy: Policy = Policy()
    log: tuple[LogEntry, ...] = ()
    """The newest entries; bounded."""


@dataclass(frozen=True, slots=True)
class Timings:
    """The numbers that the drain's safety and the router's pace rest on; from settings."""

    table_ttl: timedelta = timedelta(seconds=5)
    forward_deadline: timedelta = timedelta(seconds=30)
    drain_margin: timedelta = timedelta(seconds=5)
    quiet_for: timedelta = timedelta(minutes=10)
    visibility_delay: timedelta = timedelta(seconds=30)
    monitor_interval: timedelta = timedelta(minutes=1)
    gate_deadline: timedelta = timedelta(minutes=25)
    error_grace: timedelta = timedelta(seconds=30)
    start_deadline: timedelta = timedelta(hours=1)
