"""The archive: last known states of instances whose app is gone, so that their status URLs never die."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from provisioning.object_store import ObjectStore

SCHEMA_VERSION = 1
_MAX_SEGMENT_LENGTH = 150


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
        try:
            entry = json.loads(self._store.get(_key(application, instance_id)))
        except KeyError:
            return None
        status: dict[str, Any] = entry["status"]
        return status


def _key(application: str, instance_id: str) -> str:
    """Name the object of an instance. Apps choose ids freely: 256 characters of nearly anything."""
    segment = quote(instance_id, safe="~@:=+,")
    if segment.startswith("."):
        # quote() leaves dots alone, and a key segment must not begin with one.
        segment = "%2E" + segment[1:]
    if len(segment) > _MAX_SEGMENT_LENGTH:
        segment = f"{segment[:64]}-{hashlib.sha256(instance_id.encode()).hexdigest()}"
    return f"archive/{application}/{segment}.json"
