"""Old tombstones on their way to the archive and back, in the order of steps of router_app/housekeeping/tombstones.py.

Which lines go, and whether one is still as it was copied, is decided by production code.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from simulation.activities import Done
from simulation.app_effects import ok, retry
from simulation.faults import READ_LAG
from simulation.nature import Nature
from simulation.table import TableEntity
from simulation.verdicts import ViolationError
from version_registry import tombstones
from version_registry.codec import encode
from version_registry.model import Line, RoutingTable
from version_registry.sagas import Json
from version_registry.tombstones import choose_for_archive, fingerprint

_ROUND_EVERY = 25.0
_MOST_COPIED = 50


class LineArchive:
    """The documents of archived lines, one for each generation of a line; and the chore that puts them there."""

    __slots__ = ("_documents", "_nature", "_table")

    def __init__(self, nature: Nature, table: TableEntity) -> None:
        self._nature, self._table = nature, table
        self._documents: dict[tuple[str, int], Json] = {}

    def begin(self) -> None:
        """Look from now on, every so often, for tombstones that may leave the table."""
        self._nature.after(_ROUND_EVERY * self._nature.draw.random(), self._round)

    def _round(self) -> None:
        self._nature.after(_ROUND_EVERY, self._round)
        table = self._table.table
        chosen = choose_for_archive(table)[:_MOST_COPIED] if table else ()
        if not chosen:
            return
        for line in chosen:
            self.keep(line)
        if self._nature.befalls("housekeeping_dies"):
            return
        fingerprints = {line.name: fingerprint(line) for line in chosen}
        takes = self._nature.moment_of_work()
        self._nature.after(takes, self._table.ask, "archive_lines", {"lines": fingerprints}, _nobody_waits)

    def keep(self, line: Line) -> None:
        """Copy a line."""
        self._documents[line.name, line.generation] = encode(line)

    def recall_line(self, args: Mapping[str, Any], done: Done) -> None:
        """Read a line; one that is back already is answered as it is."""
        nature = self._nature
        if nature.befalls("azure_refuses"):
            return nature.after(nature.moment_of_work(), done, retry("the archive does not answer"))
        return nature.after(nature.moment_of_work(), done, self._read(args["line"]))

    def _read(self, name: str) -> Json:
        table = self._table.as_of(self._nature.now - self._nature.up_to(READ_LAG))
        if table is None:
            return {"failed": {"code": "unknown_application", "reason": "no table"}}
        if name in table.lines:
            return ok(line=encode(table.lines[name]))
        document = self.find(table, name)
        if document is None:
            return {"failed": {"code": "not_archived", "reason": f"the archive does not have line {name}"}}
        return ok(line=document)

    def find(self, table: RoutingTable | None, name: str) -> Json | None:
        """Find the copy of a line that the table has a tombstone of."""
        tombstone = table.archived.get(name) if table else None
        return self._documents.get((name, tombstone.generation)) if tombstone else None

    def watch(self, before: RoutingTable | None, operation: str, _: Json, outcome: Json) -> None:
        """Object to a line that leaves the table otherwise than it was copied."""
        if operation != "archive_lines" or not outcome["granted"] or before is None:
            return
        for name in outcome["archived"]:
            if self._documents.get((name, before.lines[name].generation)) != encode(before.lines[name]):
                raise ViolationError(f"line {name} leaves the table, and the archive does not have it as it was")


def _nobody_waits(_: object) -> None:
    """Housekeeping looks again in its next round."""


@contextmanager
def tombstones_kept(number: int | None) -> Iterator[None]:
    """Let so many tombstones stay in the table; None: as many as in production."""
    if number is None:
        yield
        return
    with patch.object(tombstones, "KEPT_IN_TABLE", number):
        yield
