"""What becomes of the histories of the router's own orchestrations once they have ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from version_registry.identifiers import is_change_id, parse_start_id

CHANGE_RETENTION = timedelta(minutes=10)
"""Whoever asked for a change of the table waits seconds for its outcome; only what nobody came back for is left."""


class Fate(StrEnum):
    """What to do with a history."""

    KEEP = "keep"
    PURGE = "purge"
    ARCHIVE = "archive"
    """A start that was never delivered: its status is told by nothing else, so the archive gets it first."""


@dataclass(frozen=True, slots=True)
class EndedOperation:
    """An orchestration of the router that has ended."""

    id: str
    ended_at: datetime
    completed: bool
    """Whether it reached its goal, rather than failed or was terminated."""


def judge_history(operation: EndedOperation, now: datetime, retention: timedelta) -> Fate:
    """Decide what becomes of the history."""
    kept_for = CHANGE_RETENTION if is_change_id(operation.id) else retention
    if now - operation.ended_at < kept_for:
        return Fate.KEEP
    if parse_start_id(operation.id) is not None and not operation.completed:
        return Fate.ARCHIVE
    return Fate.PURGE
