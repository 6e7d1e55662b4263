"""The planner of `monitor`."""

from datetime import datetime

from version_registry.model import Timings
from version_registry.sagas import Json, Next


def monitor(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step."""
    raise NotImplementedError


def new_monitor(application: str) -> Json:
    """Make the first state of an application's monitor."""
    raise NotImplementedError
