"""Objects as files in a directory: the store of a laptop, or of a mounted share."""

import heapq
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from provisioning.key_pages import KeyPage
from provisioning.store_keys import check_key


class DirectoryStore:
    """ObjectStore (object_store.py) on a POSIX directory. A write appears whole, and is on disk when it returns."""

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        # On the same file system as the objects: a rename or link is only atomic within one.
        self._temporary = root / "temporary"
        self._objects.mkdir(parents=True, exist_ok=True)
        self._temporary.mkdir(exist_ok=True)

    def put_if_absent(self, key: str, content: Path | bytes) -> bool:
        """Store under a new key; False, and no change, if the key exists."""
        target = self._path(key)
        if target.exists():
            return False
        with self._written(content) as temporary:
            _make_parents(target)
            try:
                # A hard link fails if the name exists: of two writers one wins, and no reader sees half a file.
                target.hardlink_to(temporary)
            except FileExistsError:
                return False
        _sync_directory(target.parent)
        return True

    def put(self, key: str, content: Path | bytes) -> None:
        """Store, replacing what is there."""
        target = self._path(key)
        with self._written(content) as temporary:
            _make_parents(target)
            temporary.replace(target)
        _sync_directory(target.parent)

    def open(self, key: str) -> BinaryIO:
        """Open for reading; KeyError if absent."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as exc:
            raise KeyError(key) from exc

    def get(self, key: str) -> bytes:
        """Read all of it; KeyError if absent."""
        with self.open(key) as stream:
            return stream.read()

    def exists(self, key: str) -> bool:
        """Tell whether the key is there."""
        return self._path(key).is_file()

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with `prefix`, in no order."""
        folder = prefix.rpartition("/")[0]
        start = self._path(folder) if folder else self._objects
        for path in start.rglob("*"):
            key = path.relative_to(self._objects).as_posix()
            if key.startswith(prefix) and path.is_file():
                yield key

    def list_page(self, prefix: str, *, cursor: str | None, limit: int) -> KeyPage:
        """List at most `limit` keys in ascending order, from the one after `cursor` on."""
        later = (key for key in self.list(prefix) if cursor is None or key > cursor)
        # One more than asked for tells whether there is a next page.
        keys = heapq.nsmallest(limit + 1, later)
        return KeyPage(tuple(keys[:limit]), keys[limit - 1] if len(keys) > limit else None)

    def delete(self, key: str) -> None:
        """Remove it; absent is fine."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._objects / check_key(key)

    @contextmanager
    def _written(self, content: Path | bytes) -> Iterator[Path]:
        """Provide the content in a synced temporary file; what the caller leaves of it is removed."""
        descriptor, name = tempfile.mkstemp(dir=self._temporary)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                _copy(content, stream)
                stream.flush()
                os.fsync(stream.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)


def _copy(content: Path | bytes, stream: BinaryIO) -> None:
    if isinstance(content, bytes):
        stream.write(content)
        return
    with content.open("rb") as source:
        shutil.copyfileobj(source, stream, 1024 * 1024)


def _make_parents(target: Path) -> None:
    if target.parent.is_dir():
        return
    missing = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        _sync_directory(folder.parent)


def _sync_directory(folder: Path) -> None:
    """Put a directory's entries on disk: without it a power cut may lose a file that was itself synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
