"""A way around the codec for the monitor's observation of the table, which otherwise is half the cost of a run.

In most runs the table goes to the monitor's planner as the object it is, instead of through JSON and back. That both
are the same is what the codec's own tests hold, and every run that is taken through JSON.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from version_registry import monitoring
from version_registry.codec import decode_table
from version_registry.model import RoutingTable
from version_registry.sagas import Json


class TableInHand(dict[str, object]):
    """Stands where an encoded table would."""

    __slots__ = ("table",)

    def __init__(self, table: RoutingTable) -> None:
        super().__init__()
        self.table = table


def take_table(document: Json) -> RoutingTable:
    """Decode a table, unless it is in hand."""
    return document.table if isinstance(document, TableInHand) else decode_table(document)


@contextmanager
def tables_in_hand() -> Iterator[None]:
    """Let the monitor's planner take tables that are not encoded."""
    module: Any = monitoring
    usual = module.decode_table
    # By hand, for each run does it: unittest.mock takes its time.
    module.decode_table = take_table
    try:
        yield
    finally:
        module.decode_table = usual
