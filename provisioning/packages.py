"""The package store: zips of releases, received with a limit and addressed by application and SHA-256 digest."""

import asyncio
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from provisioning.errors import PackageError
from provisioning.object_store import ObjectStore

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ReceivedPackage:
    """A package in a temporary file, not yet stored. The receiver discards it."""

    path: Path
    digest: str
    """SHA-256, 64 lower-case hex digits."""
    size: int

    def discard(self) -> None:
        """Delete the temporary file; absent is fine."""
        self.path.unlink(missing_ok=True)


class PackageStore:
    """Packages under `packages/{application}/{digest}.zip`, with local copies in a work directory."""

    def __init__(self, store: ObjectStore, work_dir: Path, *, max_bytes: int) -> None:
        self._store = store
        self._work_dir = work_dir
        self._max_bytes = max_bytes
        work_dir.mkdir(parents=True, exist_ok=True)

    def receive(self, chunks: Iterable[bytes]) -> ReceivedPackage:
        """Write chunks to a temporary file while hashing them; PackageError `package_too_large` over the limit."""
        with self._incoming() as incoming:
            for chunk in chunks:
                incoming.add(chunk)
        return incoming.received()

    async def receive_stream(self, chunks: AsyncIterable[bytes]) -> ReceivedPackage:
        """Do the same with chunks that are still on their way."""
        with self._incoming() as incoming:
            async for chunk in chunks:
                await asyncio.to_thread(incoming.add, chunk)
        return incoming.received()

    @contextmanager
    def _incoming(self) -> Iterator["_Incoming"]:
        with _temporary_file(self._work_dir) as path, path.open("wb") as stream:
            yield _Incoming(path, stream, self._max_bytes)

    def put(self, application: str, received: ReceivedPackage) -> bool:
        """Keep a received package; False if it was there already."""
        return self._store.put_if_absent(_key(application, received.digest), received.path)

    def exists(self, application: str, digest: str) -> bool:
        """Tell whether the package is stored."""
        return self._store.exists(_key(application, digest))

    def fetch(self, application: str, digest: str) -> Path:
        """Return a local, digest-checked copy; PackageError `package_missing` or `package_corrupt`."""
        local = self._work_dir / f"{digest}.zip"
        # The local copy is checked each time too: a work directory is disposable, and its content not to be trusted.
        if local.is_file() and _digest_of(local) == digest:
            return local
        with _temporary_file(self._work_dir) as path:
            self._download(application, digest, path)
            if (actual := _digest_of(path)) != digest:
                message = f"the stored package {digest[:12]}… has digest {actual[:12]}…; register the release again"
                raise PackageError(message, "package_corrupt")
            path.replace(local)
        return local

    def _download(self, application: str, digest: str, path: Path) -> None:
        try:
            with self._store.open(_key(application, digest)) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, 1024 * 1024)
        except KeyError as exc:
            message = f"package {digest[:12]}… of {application} is not in the store; register the release again"
            raise PackageError(message, "package_missing") from exc


@dataclass(slots=True)
class _Incoming:
    """A package that is being received: never more of it on disk than the limit, and one chunk in memory."""

    path: Path
    stream: BinaryIO
    max_bytes: int
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.max_bytes:
            message = (
                f"the package is larger than {self.max_bytes:,} bytes; leave virtual environments, tests and "
                "data out of the zip, or raise the router's limit"
            )
            raise PackageError(message, "package_too_large")
        self.digest.update(chunk)
        self.stream.write(chunk)

    def received(self) -> ReceivedPackage:
        return ReceivedPackage(self.path, self.digest.hexdigest(), self.size)


@contextmanager
def _temporary_file(folder: Path) -> Iterator[Path]:
    """Provide an empty file of our own, and remove it if the caller fails."""
    descriptor, name = tempfile.mkstemp(suffix=".zip", prefix="receiving-", dir=folder)
    os.close(descriptor)
    path = Path(name)
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _key(application: str, digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        message = "a package digest is 64 lower-case hex digits"
        raise ValueError(message)
    return f"packages/{application}/{digest}.zip"


def _digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
