"""Lines whose tombstones have left the table for the archive: kept, read, and put back for an operation on them.

One document for each generation of a line, so that none is ever written over by an older one.
"""

import asyncio
from collections.abc import Iterable

from provisioning.documents import Documents
from router_app.parts import Parts
from version_registry.codec import decode, encode
from version_registry.model import Line, RoutingTable
from version_registry.tombstones import with_archived

READS_AT_ONCE = 16


async def keep_line(parts: Parts, application: str, line: Line) -> None:
    """Copy a line to the archive."""
    document = {"schema_version": 1, "line": encode(line)}
    await asyncio.to_thread(_documents(parts, application).put, _name(line.name, line.generation), document)


async def read_line(parts: Parts, table: RoutingTable, name: str) -> Line | None:
    """Read a line that the table has a tombstone of; None if the archive does not have it."""
    tombstone = table.archived.get(name)
    if tombstone is None:
        return None
    documents = _documents(parts, table.application)
    document = await asyncio.to_thread(documents.get, _name(name, tombstone.generation))
    return None if document is None else decode(Line, document["line"])


async def with_lines(parts: Parts, table: RoutingTable, names: Iterable[str]) -> RoutingTable:
    """Put archived lines back into a copy of the table, to be looked at."""
    gate = asyncio.Semaphore(READS_AT_ONCE)

    async def read(name: str) -> Line | None:
        async with gate:
            return await read_line(parts, table, name)

    found = await asyncio.gather(*(read(name) for name in names))
    return with_archived(table, *(line for line in found if line is not None))


def _documents(parts: Parts, application: str) -> Documents:
    return Documents(parts.store, f"tables/{application}/lines")


def _name(line: str, generation: int) -> str:
    return f"{line}.g{generation}"
