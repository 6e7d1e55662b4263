"""The archive: last known states of instances whose app is gone, so that their status URLs never die."""

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from provisioning.object_store import ObjectStore

SCHEMA_VERSION = 1
_MAX_SEGMENT_LENGTH = 150
_KEPT_OF_LONG_ID = 64
"""So many characters of a long id stay readable, before the digest of all of it."""

READS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """Some of the archive's states."""

    statuses: tuple[dict[str, Any], ...]
    cursor: str | None
    """Where the next page begins; None after the last."""


class Archive:
    """Instance states under `archive/{application}/{instance id}.json`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, application: str, instance_id: str, status: Mapping[str, Any]) -> None:
        """Keep an instance's state; a later one replaces it, as an id may be started again after a cancelled drain."""
        entry = {"schema_version": SCHEMA_VERSION, "instance_id": instance_id, "status": status}
        self._store.put(_key(application, instance_id), json.dumps(entry, separators=(",", ":")).encode())

    def get(self, application: str, instance_id: str) -> dict[str, Any] | None:
        """Return the kept state, or None."""
        entry = self._read(_key(application, instance_id))
        return None if entry is None else entry["status"]

    def delete(self, application: str, instance_id: str) -> bool:
        """Forget an instance's state; tell whether there was one."""
        key = _key(application, instance_id)
        existed = self._store.exists(key)
        self._store.delete(key)
        return existed

    def list_page(self, application: str, prefix: str, *, cursor: str | None, limit: int) -> ArchivePage:
        """Read at most `limit` states whose instance ids begin with `prefix`."""
        page = self._store.list_page(_key_prefix(application, prefix), cursor=cursor, limit=limit)
        with ThreadPoolExecutor(READS_AT_ONCE) as pool:
            entries = [entry for entry in pool.map(self._read, page.keys) if entry is not None]
        found = (entry["status"] for entry in entries if entry["instance_id"].startswith(prefix))
        return ArchivePage(tuple(found), page.cursor)

    def _read(self, key: str) -> dict[str, Any] | None:
        try:
            entry: dict[str, Any] = json.loads(self._store.get(key))
        except KeyError:
            return None
        return entry


def _key(application: str, instance_id: str) -> str:
    """Name the object of an instance. Apps choose ids freely: 256 characters of nearly anything."""
    segment = _segment(instance_id)
    if len(segment) > _MAX_SEGMENT_LENGTH:
        segment = f"{segment[:_KEPT_OF_LONG_ID]}-{hashlib.sha256(instance_id.encode()).hexdigest()}"
    return f"archive/{application}/{segment}.json"


def _key_prefix(application: str, prefix: str) -> str:
    # Of a longer prefix the rest is compared with the id: keys of long ids do not hold it.
    return f"archive/{application}/{_segment(prefix)[:_KEPT_OF_LONG_ID]}"


def _segment(text: str) -> str:
    segment = quote(text, safe="~@:=+,")
    # quote() leaves dots alone, and a key segment must not begin with one.
    return "%2E" + segment[1:] if segment.startswith(".") else segment
