"""Routing tables and logs as they are answered."""

from typing import Any

from pydantic import Field

from router_app.http.models.base import AnswerModel, DateTime
from version_registry.model import (
    Condition,
    Count,
    Function,
    LineStatus,
    LogEntry,
    PromotePolicy,
    Proof,
    Ramp,
    Receipt,
    ReleaseStatus,
    RetiredStarts,
)
from version_registry.orphans import Orphan


class AppName(AnswerModel):
    """A version app. Its host is nobody's business."""

    name: str


class LineRelease(AnswerModel):
    """A release in its line."""

    version: str
    line: str
    digest: str
    status: ReleaseStatus
    registered_at: DateTime
    conditions: list[Condition]
    operation: Any = Field(description="Id of the deploy that last worked on it.")


class Line(AnswerModel):
    """A line, and what it waits for."""

    name: str
    status: LineStatus
    current: bool
    superseded: bool
    generation: int
    active: str | None
    app: AppName | None
    functions: list[Function]
    condition: str
    operation: str | None
    waiting: int
    keep: str | None
    drain_requested: bool
    activated_at: DateTime | None
    promoted_at: DateTime | None
    superseded_at: DateTime | None
    quiet_since: DateTime | None
    drain_began_at: DateTime | None
    held_since: DateTime | None
    last_count: Count | None
    proof: Proof | None
    receipt: Receipt | None
    releases: list[LineRelease]


class Policy(AnswerModel):
    """What the application's admins chose; times in seconds."""

    promote: PromotePolicy
    retired_starts: RetiredStarts
    sunset_delay: float
    keep_last: int
    trial_period: float


class Routes(AnswerModel):
    """The routing table of one application."""

    application: str
    generation: int
    current: str | None
    previous: str | None
    ramp: Ramp | None
    policy: Policy
    archived: int = Field(description="So many retired lines are in the archive.")
    lines: list[Line] = Field(description="Newest first.")


class AllRoutes(AnswerModel):
    """All routing tables."""

    applications: list[Routes]
    orphans: list[Orphan] = Field(description="Version apps that no table knows.")


class Log(AnswerModel):
    """What changed, newest first."""

    application: str
    generation: int
    log: list[LogEntry]
