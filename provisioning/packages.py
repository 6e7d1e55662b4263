"""The package store: zips of releases, received with a limit and addressed by application and SHA-256 digest."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from provisioning.object_store import ObjectStore


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
    """Packages under `packages/{application}/{digest}.zip`."""

    def __init__(self, store: ObjectStore, work_dir: Path, *, max_bytes: int) -> None:
        raise NotImplementedError

    def receive(self, chunks: Iterable[bytes]) -> ReceivedPackage:
        """Write a stream to a temporary file while hashing it; PackageError `package_too_large` over the limit."""
        raise NotImplementedError

    def put(self, application: str, received: ReceivedPackage) -> bool:
        """Keep a received package; False if it was there already."""
        raise NotImplementedError

    def exists(self, application: str, digest: str) -> bool:
        """Tell whether the package is stored."""
        raise NotImplementedError

    def fetch(self, application: str, digest: str) -> Path:
        """Return a local, digest-checked copy; PackageError `package_missing` or `package_corrupt`."""
        raise NotImplementedError
