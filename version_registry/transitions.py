"""The one way a routing table changes: an operation, its arguments, and a table of what is allowed when."""

from datetime import datetime

from version_registry.changes import Change
from version_registry.model import RoutingTable
from version_registry.sagas import Json


def apply(table: RoutingTable | None, operation: str, args: Json, now: datetime) -> Change:
    """Apply one operation to a table."""
    raise NotImplementedError
