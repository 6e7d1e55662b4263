"""What is remembered of orphans between two rounds of housekeeping: one document each, in the router's store."""

import asyncio
from typing import Any

from router_app.parts import Parts
from version_registry.codec import decode, encode
from version_registry.orphans import Orphan


def read_orphan(parts: Parts, name: str) -> Orphan | None:
    """Return what is remembered of an app; None if it is no orphan so far."""
    document = parts.orphans.get(name)
    return None if document is None else decode(Orphan, document["orphan"])


def note_orphan(parts: Parts, orphan: Orphan) -> None:
    """Remember it."""
    parts.orphans.put(orphan.app.name, {"schema_version": 1, "orphan": encode(orphan)})


def is_condemned(parts: Parts, name: str) -> bool:
    """Tell whether an app is about to be removed, so that no deploy may take it for its own."""
    orphan = read_orphan(parts, name)
    return orphan is not None and orphan.condemned_at is not None


async def list_orphans(parts: Parts) -> list[Any]:
    """List the orphans as people read them."""
    return await asyncio.to_thread(_list_orphans, parts)


def _list_orphans(parts: Parts) -> list[Any]:
    found = [read_orphan(parts, name) for name in sorted(parts.orphans.names())]
    return [encode(orphan) for orphan in found if orphan is not None]
