"""The archive: last known states of instances whose app is gone, so that their status URLs never die."""

from collections.abc import Mapping
from typing import Any

from provisioning.object_store import ObjectStore


class Archive:
    """Instance states under `archive/{application}/{instance id}.json`."""

    def __init__(self, store: ObjectStore) -> None:
        raise NotImplementedError

    def put(self, application: str, instance_id: str, status: Mapping[str, Any]) -> None:
        """Keep an instance's state; a later one replaces it."""
        raise NotImplementedError

    def get(self, application: str, instance_id: str) -> dict[str, Any] | None:
        """Return the kept state, or None."""
        raise NotImplementedError
