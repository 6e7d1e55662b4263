"""Moves old tombstones out of the routing tables: first a copy to the archive, then the change of the table."""

import logging

from router_app.archived_lines import keep_line
from router_app.durable.client import Hub
from router_app.parts import Parts
from version_registry.tombstones import choose_for_archive, fingerprint

log = logging.getLogger("durable_router")

MOST_AT_ONCE = 50
"""Lines of one application in one round."""


async def archive_tombstones(parts: Parts, hub: Hub) -> None:
    """Move the oldest tombstones of every application that has too many."""
    for application in await hub.read_catalogue():
        await _archive_of(parts, hub, application)


async def _archive_of(parts: Parts, hub: Hub, application: str) -> None:
    table = await hub.read_table(application)
    chosen = choose_for_archive(table)[:MOST_AT_ONCE] if table else ()
    if not chosen:
        return
    for line in chosen:
        await keep_line(parts, application, line)
    # A line that has changed since it was copied stays in the table: the fingerprints tell.
    fingerprints = {line.name: fingerprint(line) for line in chosen}
    outcome = await hub.change_table(application, "archive_lines", {"lines": fingerprints})
    parts.tables.forget(application)
    log.info("Housekeeping: %d tombstones of %s are in the archive", len(outcome.get("archived", ())), application)
