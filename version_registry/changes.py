"""What an operation on the routing table is given and what it answers, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from version_registry.model import Line, LineStatus, RoutingTable
from version_registry.sagas import Json

LONGEST_QUEUE = 200


@dataclass(frozen=True, slots=True)
class Change:
    """The table after an operation, and the operation's outcome as JSON."""

    table: RoutingTable | None
    outcome: Json


@dataclass(frozen=True, slots=True)
class Request:
    """One operation on a line (or, without one, on the table)."""

    table: RoutingTable
    args: Json
    now: datetime
    line: Line | None = None

    @property
    def subject(self) -> Line:
        """Give the line of an operation that has one."""
        if self.line is None:
            raise ValueError("this operation has no line")
        return self.line

    @property
    def operation(self) -> str | None:
        """Give the instance id of the orchestration that asks."""
        asked_by: str | None = self.args.get("operation")
        return asked_by


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operation decided: the table as it should be, what the log says, and what the caller learns."""

    table: RoutingTable
    detail: str = ""
    """For the log; unused when nothing changes."""
    learns: Json = field(default_factory=dict)
    code: str | None = None
    """Why it was refused, as a stable word; None when it was granted."""
    reason: str = ""


def refuse(request: Request, code: str, reason: str, **learns: Any) -> Decision:
    """Refuse and change nothing."""
    return Decision(request.table, learns=learns, code=code, reason=reason)


def grant(table: RoutingTable, detail: str, **learns: Any) -> Decision:
    """Agree, with what the caller learns."""
    return Decision(table, detail, learns)


def refuse_other_holder(request: Request) -> Decision:
    """Refuse an orchestration that does not hold the line."""
    line = request.subject
    whose = f"held by {line.holder}" if line.holder else "held by nobody"
    return refuse(request, "not_holder", f"line {line.name} is {line.status.value}, {whose}", holder=line.holder)


def put_line(table: RoutingTable, *lines: Line) -> RoutingTable:
    """Put lines in place of those of the same names."""
    return replace(table, lines=freeze({**table.lines, **{line.name: line for line in lines}}))


def freeze(lines: Mapping[str, Line]) -> Mapping[str, Line]:
    """Make a mapping of lines that nobody can change."""
    return MappingProxyType(dict(lines))


def take_hold(line: Line, status: LineStatus, request: Request) -> Line:
    """Give the line to the orchestration that asks."""
    return replace(line, status=status, holder=request.operation, held_since=request.now)


def let_go(line: Line, status: LineStatus, **fields: Any) -> Line:
    """Take the line from its holder; the caller returns its `waiting` to whoever asked."""
    return replace(line, status=status, holder=None, held_since=None, waiting=(), errand=None, **fields)


def reopen(line: Line, condition: str = "") -> Line:
    """Take a draining line back into service. It must prove anew that it is quiet."""
    return let_go(line, LineStatus.LIVE, quiet_since=None, drain_began_at=None, condition=condition)


def queue(line: Line, operation: str | None) -> Line:
    """Add an orchestration to those that are woken when the line is free.

    Waking is a courtesy that spares a minute: whoever waits asks again by itself, also those that find the queue full.
    """
    if operation is None or operation in line.waiting or len(line.waiting) >= LONGEST_QUEUE:
        return line
    return replace(line, waiting=(*line.waiting, operation))
