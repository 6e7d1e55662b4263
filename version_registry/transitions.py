"""The one way a routing table changes: an operation, its arguments, and a table of what is allowed when.

`ALLOWED[operation, status of the line]` holds the statuses the line may have afterwards. What is not in it is refused
with code `not_allowed`. A row that leads to its own status is a note, or the repeat of an operation that was done
before: repeats are granted and change nothing, so a saga may do any step again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from version_registry.changes import Change, Decision, Request
from version_registry.errors import BrokenInvariantError, InvalidNameError, MalformedError
from version_registry.invariants import find_violations
from version_registry.model import LineStatus, LogEntry, RoutingTable
from version_registry.operations import deploys, drains, starts, steering, tombstones
from version_registry.sagas import Json
from version_registry.versions import line_of

LOG_LENGTH = 50
ARCHIVED = "archived"
"""Code of a refusal: the line must be restored from the archive first."""

_REGISTERED, _PROVISIONING = LineStatus.REGISTERED, LineStatus.PROVISIONING
_LIVE, _DRAINING = LineStatus.LIVE, LineStatus.DRAINING
_RETIRING, _RETIRED = LineStatus.RETIRING, LineStatus.RETIRED

_RULES: Mapping[str, Mapping[LineStatus, tuple[LineStatus, ...]]] = {
    # Releases and deploys.
    "register_release": {status: (status,) for status in LineStatus},
    "begin_deploy": {
        _REGISTERED: (_PROVISIONING,),
        _RETIRED: (_PROVISIONING,),
        _PROVISIONING: (_PROVISIONING,),
        _LIVE: (_LIVE,),
        _DRAINING: (_LIVE,),
        _RETIRING: (_RETIRING,),
    },
    "activate": {_PROVISIONING: (_LIVE,), _LIVE: (_LIVE,)},
    "fail_deploy": {
        _PROVISIONING: (_REGISTERED, _RETIRED),
        _LIVE: (_LIVE,),
        _REGISTERED: (_REGISTERED,),
        _RETIRED: (_RETIRED,),
    },
    "report_progress": {_PROVISIONING: (_PROVISIONING,), _LIVE: (_LIVE,)},
    # Steering.
    "promote": {_LIVE: (_LIVE,), _DRAINING: (_LIVE,)},
    "rollback": {_LIVE: (_LIVE,), _DRAINING: (_LIVE,)},
    "ramp": {_LIVE: (_LIVE,)},
    "keep": {
        _REGISTERED: (_REGISTERED,),
        _PROVISIONING: (_PROVISIONING,),
        _LIVE: (_LIVE,),
        _DRAINING: (_LIVE, _DRAINING),
        _RETIRED: (_RETIRED,),
    },
    "request_drain": {_LIVE: (_LIVE,), _DRAINING: (_DRAINING,)},
    # Draining and retiring.
    "begin_drain": {_LIVE: (_DRAINING,), _DRAINING: (_DRAINING,)},
    "cancel_drain": {_DRAINING: (_LIVE,), _LIVE: (_LIVE,)},
    "begin_retire": {_DRAINING: (_RETIRING,), _RETIRING: (_RETIRING,)},
    "complete_retire": {_RETIRING: (_RETIRED,), _RETIRED: (_RETIRED,)},
    # Starts, and holders that are stuck or dead.
    "request_start": {**{status: (status,) for status in LineStatus}, _DRAINING: (_LIVE,)},
    "note": {status: (status,) for status in (_PROVISIONING, _LIVE, _DRAINING, _RETIRING)},
    "take_over": {status: (status,) for status in (_PROVISIONING, _LIVE, _DRAINING, _RETIRING)},
}

ALLOWED: Mapping[tuple[str, LineStatus], frozenset[LineStatus]] = MappingProxyType(
    {(operation, before): frozenset(after) for operation, row in _RULES.items() for before, after in row.items()}
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operation does, and which line its arguments speak of."""

    decide: Callable[[Request], Decision]
    name_line: Callable[[RoutingTable, Json], str | None]
    makes_line: bool = False


def apply(table: RoutingTable | None, operation: str, args: Json, now: datetime) -> Change:
    """Apply one operation to a table. A refusal leaves the table as it is, but for who waits."""
    chosen = OPERATIONS.get(operation)
    if chosen is None:
        return _refused(table, "unknown_operation", f"the routing table knows no {operation!r}")
    if table is None and not chosen.makes_line:
        return _refused(None, "unknown_application", "no release of this application was ever registered")
    try:
        before = table or deploys.new_table(args["application"])
        request, refusal = _prepare(before, chosen, args, now)
        refusal = refusal or _check_rules(request, operation)
        return refusal or _conclude(request, operation, chosen.decide(request))
    except (InvalidNameError, MalformedError) as error:
        return _refused(table, "invalid", str(error))


def _prepare(table: RoutingTable, chosen: Operation, args: Json, now: datetime) -> tuple[Request, Change | None]:
    name = chosen.name_line(table, args)
    line = table.lines.get(name) if name else None
    request = Request(table, args, now, line)
    if name is not None and name in table.archived:
        return request, _in_archive(table, name)
    if name is not None and line is None and not chosen.makes_line:
        return request, _refused(table, "unknown_line", f"line {name!r} is unknown; known: {', '.join(table.lines)}")
    return request, None


def _check_rules(request: Request, operation: str) -> Change | None:
    line, table = request.line, request.table
    if operation == "rollback" and line is None:
        return _refused(table, "nothing_previous", "no line was current before this one")
    if line is not None and (operation, line.status) not in ALLOWED:
        return _refused(table, "not_allowed", f"{operation} is not possible: line {line.name} is {line.status.value}")
    expected = request.args.get("expected_generation")
    is_repeat = line is not None and line.holder is not None and line.holder == request.operation
    if expected is not None and expected != table.generation and not is_repeat:
        return _refused(table, "stale", f"the table is at generation {table.generation}, not {expected}")
    return None


def _conclude(request: Request, operation: str, decision: Decision) -> Change:
    before, after = request.table, decision.table
    changed = after != before
    if changed:
        generation = before.generation + 1
        after = replace(after, generation=generation, log=_log(after, generation, request, operation, decision))
        _check_result(request, operation, after)
    outcome: dict[str, object] = {"granted": decision.code is None, "generation": after.generation, **decision.learns}
    if decision.code is not None:
        outcome |= {"code": decision.code, "reason": decision.reason}
    return Change(after, outcome)


def _log(
    table: RoutingTable, generation: int, request: Request, operation: str, decision: Decision
) -> tuple[LogEntry, ...]:
    if not decision.detail:
        return table.log
    name = decision.learns.get("line") or (request.line.name if request.line else None)
    entry = LogEntry(request.now, generation, operation, name, decision.detail)
    return (*table.log, entry)[-LOG_LENGTH:]


def _check_result(request: Request, operation: str, after: RoutingTable) -> None:
    """Stop a defect here: a table that is wrong is never kept."""
    line = request.line
    problems = list(find_violations(after, request.table))
    if line is not None:
        reached = after.lines[line.name].status
        if reached is not line.status and reached not in ALLOWED[operation, line.status]:
            problems.append(f"line {line.name} went from {line.status.value} to {reached.value}")
    if problems:
        raise BrokenInvariantError(f"{operation}: {'; '.join(problems)}")


def _refused(table: RoutingTable | None, code: str, reason: str) -> Change:
    generation = table.generation if table else 0
    return Change(table, {"granted": False, "generation": generation, "code": code, "reason": reason})


def _in_archive(table: RoutingTable, name: str) -> Change:
    refused = _refused(table, ARCHIVED, f"line {name} is in the archive; it can be brought back")
    return Change(table, {**refused.outcome, "line": name})


def _line_argument(_: RoutingTable, args: Json) -> str | None:
    name: str = args["line"]
    return name


def _line_of_version(_: RoutingTable, args: Json) -> str | None:
    return line_of(args["version"])


def _previous_line(table: RoutingTable, _: Json) -> str | None:
    return table.previous


def _no_line(_table: RoutingTable, _args: Json) -> str | None:
    return None


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "register_release": Operation(deploys.register_release, _line_of_version, makes_line=True),
        "begin_deploy": Operation(deploys.begin_deploy, _line_of_version),
        "activate": Operation(deploys.activate, _line_argument),
        "fail_deploy": Operation(deploys.fail_deploy, _line_argument),
        "report_progress": Operation(deploys.report_progress, _line_argument),
        "promote": Operation(steering.promote, _line_argument),
        "rollback": Operation(steering.rollback, _previous_line),
        "ramp": Operation(steering.ramp, _line_argument),
        "keep": Operation(steering.keep, _line_argument),
        "request_drain": Operation(steering.request_drain, _line_argument),
        "archive_lines": Operation(tombstones.archive_lines, _no_line),
        "restore_line": Operation(tombstones.restore_line, _no_line),
        "set_policy": Operation(steering.set_policy, _no_line),
        "record_counts": Operation(drains.record_counts, _no_line),
        "begin_drain": Operation(drains.begin_drain, _line_argument),
        "cancel_drain": Operation(drains.cancel_drain, _line_argument),
        "begin_retire": Operation(drains.begin_retire, _line_argument),
        "complete_retire": Operation(drains.complete_retire, _line_argument),
        "note": Operation(drains.note, _line_argument),
        "take_over": Operation(drains.take_over, _line_argument),
        "request_start": Operation(starts.request_start, _line_argument),
    }
)
