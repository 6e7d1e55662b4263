"""The planner of `deliver_start`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from version_registry.model import Timings
from version_registry.sagas import Json, Next


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A start that was accepted before there was an app to take it."""

    line: str
    name: str
    instance_id: str
    """The public id, with its line."""
    input: Any = None
    headers: Json = field(default_factory=dict)


def new_start(application: str, start: StartRequest, *, operation: str) -> Json:
    """Make the first state."""
    raise NotImplementedError


def deliver_start(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step."""
    raise NotImplementedError
