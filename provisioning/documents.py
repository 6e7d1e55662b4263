"""Small JSON documents by name in one folder of an object store."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.object_store import ObjectStore


class Documents:
    """Documents under `{folder}/{name}.json`."""

    def __init__(self, store: ObjectStore, folder: str) -> None:
        self._store = store
        self._folder = folder

    def put(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a document, in place of what was there."""
        self._store.put(self._key(name), json.dumps(document, separators=(",", ":")).encode())

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a document, or None."""
        try:
            document: dict[str, Any] = json.loads(self._store.get(self._key(name)))
        except KeyError:
            return None
        return document

    def names(self) -> Iterator[str]:
        """Yield the names of all documents, in no order."""
        for key in self._store.list(f"{self._folder}/"):
            yield key.removeprefix(f"{self._folder}/").removesuffix(".json")

    def delete(self, name: str) -> None:
        """Remove a document; absent is fine."""
        self._store.delete(self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}.json"
