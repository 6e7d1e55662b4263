"""The routing table as people read it: JSON for the routes, a release and the log."""

from datetime import datetime

from version_registry.model import RoutingTable, Timings
from version_registry.sagas import Json


def view_table(table: RoutingTable, now: datetime, timings: Timings) -> Json:
    """Show the whole table, with what each superseded line waits for."""
    raise NotImplementedError


def view_release(table: RoutingTable, version: str) -> Json | None:
    """Show one release with its steps and conditions; None when there is no such release."""
    raise NotImplementedError


def view_log(table: RoutingTable) -> Json:
    """Show the newest changes, newest first."""
    raise NotImplementedError
