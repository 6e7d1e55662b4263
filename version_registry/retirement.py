"""The planner of `retire_line`."""

from datetime import datetime

from version_registry.model import Timings
from version_registry.sagas import Json, Next


def retire_line(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step."""
    raise NotImplementedError
