"""The planner of `deploy_release`."""

from datetime import datetime

from version_registry.model import Timings
from version_registry.sagas import Json, Next


def deploy_release(state: Json, outcome: Json | None, now: datetime, timings: Timings) -> Next:
    """Plan the next step."""
    raise NotImplementedError


def new_deploy(application: str, version: str, *, operation: str, replaces: str | None = None) -> Json:
    """Make the first state; with `replaces` it cleans up after a deploy that died."""
    raise NotImplementedError
