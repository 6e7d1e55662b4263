"""Where a request goes: pure decisions on a snapshot of the routing table."""

from dataclasses import dataclass
from enum import StrEnum

from version_registry.model import LineStatus, RoutingTable, VersionApp


class RejectKind(StrEnum):
    """Why a request goes nowhere; stable words for problem details."""

    INVALID_VERSION = "invalid_version"
    UNKNOWN_APPLICATION = "unknown_application"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_ORCHESTRATOR = "unknown_orchestrator"
    UNKNOWN_INSTANCE = "unknown_instance"
    NOT_YET = "not_yet"
    RELEASE_FAILED = "release_failed"
    RETIRED = "retired"


_STATUSES = {
    RejectKind.INVALID_VERSION: 400,
    RejectKind.NOT_YET: 409,
    RejectKind.RELEASE_FAILED: 409,
    RejectKind.RETIRED: 410,
}


@dataclass(frozen=True, slots=True)
class Forward:
    """Send it to this app now."""

    line: str
    app: VersionApp
    line_generation: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Accept it durably: the line has no app that takes starts at this moment."""

    line: str
    reason: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The line has no app to ask: the instance is in the archive, or still waits to be delivered."""

    line: str
    status: LineStatus


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse it, and say why."""

    kind: RejectKind
    detail: str

    @property
    def status(self) -> int:
        """Give the HTTP status of the refusal."""
        return _STATUSES.get(self.kind, 404)


def route_start(
    table: RoutingTable | None, requested: str | None, name: str, instance_key: str
) -> Forward | Wait | Reject:
    """Decide where a start goes. `instance_key` places it on one side of a ramp."""
    raise NotImplementedError


def route_follow_up(table: RoutingTable | None, public_id: str) -> Forward | Elsewhere | Reject:
    """Decide which app knows an instance."""
    raise NotImplementedError
