"""Where a request goes: pure decisions on a snapshot of the routing table."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from version_registry.choosing import choose_line
from version_registry.errors import InvalidNameError
from version_registry.identifiers import parse_public_id
from version_registry.model import FunctionKind, Line, LineStatus, RetiredStarts, RoutingTable, VersionApp
from version_registry.releases import choose_release, describe_failures
from version_registry.tombstones import find_line
from version_registry.versions import RequestKind, VersionRequest, line_order, parse_request

_GONE = {LineStatus.RETIRING, LineStatus.RETIRED}
_WITHOUT_APP = {LineStatus.REGISTERED, LineStatus.RETIRED}


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
    """Decide where the start of an orchestrator goes. `instance_key` places it on one side of a ramp."""
    decision = route_to_version(table, requested, instance_key)
    if table is None or not isinstance(decision, Forward):
        return decision
    return _check_orchestrator(table.lines[decision.line], name) or decision


def route_to_version(table: RoutingTable | None, requested: str | None, instance_key: str) -> Forward | Wait | Reject:
    """Decide where a request for a version goes."""
    if table is None:
        return Reject(RejectKind.UNKNOWN_APPLICATION, "no release of this application was ever registered")
    try:
        request = parse_request(requested)
    except InvalidNameError as error:
        return Reject(RejectKind.INVALID_VERSION, str(error))
    line = choose_line(table, request, instance_key)
    if line is None:
        return _nothing_fits(table, request)
    return _route_to_line(table, line, _explain(table, line, request))


def route_follow_up(table: RoutingTable | None, public_id: str) -> Forward | Elsewhere | Reject:
    """Decide which app knows an instance."""
    try:
        name = parse_public_id(public_id).line
    except InvalidNameError as error:
        return Reject(RejectKind.UNKNOWN_INSTANCE, str(error))
    return route_to_line_of_instance(table, name)


def route_to_line_of_instance(table: RoutingTable | None, name: str) -> Forward | Elsewhere | Reject:
    """Decide which app knows an instance of a line."""
    line = find_line(table, name) if table else None
    if line is None:
        return Reject(RejectKind.UNKNOWN_INSTANCE, f"no line {name} is known, so no instance of it")
    if line.app is None or line.status is LineStatus.RETIRING:
        return Elsewhere(line.name, line.status)
    return Forward(line.name, line.app, line.generation, "the id names the line")


def _route_to_line(table: RoutingTable, line: Line, reason: str) -> Forward | Wait | Reject:
    if line.status is LineStatus.LIVE and line.app is not None:
        return Forward(line.name, line.app, line.generation, reason)
    if line.status in _GONE and table.policy.retired_starts is not RetiredStarts.RECREATE:
        return _route_retired(table, line)
    if line.status is LineStatus.DRAINING:
        return Wait(line.name, f"line {line.name} is draining; this start takes it back into service")
    if line.status in _WITHOUT_APP and choose_release(line) is None:
        detail = f"no release of line {line.name} can be deployed: {describe_failures(line)}"
        return Reject(RejectKind.RELEASE_FAILED, detail)
    return Wait(line.name, f"line {line.name} is {line.status.value}: the start waits until its app is ready")


def _route_retired(table: RoutingTable, line: Line) -> Forward | Reject:
    current = table.lines.get(table.current) if table.current else None
    forwards = table.policy.retired_starts is RetiredStarts.FORWARD_TO_LATEST
    if forwards and current is not None and current.app is not None:
        return Forward(current.name, current.app, current.generation, f"line {line.name} is retired; policy forwards")
    return Reject(RejectKind.RETIRED, f"line {line.name} is {line.status.value}, and policy takes no starts for it")


def _check_orchestrator(line: Line, name: str) -> Reject | None:
    known = [function.name for function in line.functions if function.kind is FunctionKind.ORCHESTRATOR]
    # Function names are compared as the Functions host does: without regard to case.
    if not line.functions or name.lower() in {one.lower() for one in known}:
        return None
    detail = f"line {line.name} has no orchestrator {name[:100]!r}; it has {', '.join(sorted(known)) or 'none'}"
    return Reject(RejectKind.UNKNOWN_ORCHESTRATOR, detail)


def _nothing_fits(table: RoutingTable, request: VersionRequest) -> Reject:
    known = ", ".join(sorted(table.lines, key=line_order))
    if request.kind is RequestKind.CURRENT:
        return Reject(RejectKind.NOT_YET, f"no line is current yet; name one of: {known}")
    return Reject(RejectKind.UNKNOWN_VERSION, f"no line fits version {request.text or 'latest'}; known: {known}")


def _explain(table: RoutingTable, line: Line, request: VersionRequest) -> str:
    match request.kind:
        case RequestKind.CURRENT:
            return "the current line" if line.name == table.current else "the ramp"
        case RequestKind.LINE:
            return "named by the request"
        case RequestKind.LATEST:
            return "the highest live line"
        case RequestKind.MAJOR | RequestKind.SPECIFIER:
            return f"the highest live line that fits {request.text}"
        case _:
            assert_never(request.kind)
