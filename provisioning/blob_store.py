"""Objects as blobs in one Azure Storage container."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from provisioning.azure_backend.errors import translate
from provisioning.key_pages import KeyPage
from provisioning.store_keys import check_key

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.blob import BlobClient, ContainerClient

_CHUNK_BYTES = 4 * 1024 * 1024

# The SDK's own sizes are made for speed: it holds up to 64 MiB of an upload, and as much of a download, in memory.
_TRANSFER: dict[str, Any] = {
    "max_single_put_size": _CHUNK_BYTES,
    "max_block_size": _CHUNK_BYTES,
    "max_single_get_size": _CHUNK_BYTES,
    "max_chunk_get_size": _CHUNK_BYTES,
}


class BlobStore:
    """ObjectStore (object_store.py) in a blob container, which must exist. SDK errors come out as ProvisioningError."""

    def __init__(self, container: "ContainerClient") -> None:
        self._container = container

    @classmethod
    def at(cls, url: str, credential: "Callable[[], TokenCredential]") -> "BlobStore":
        """Open the container at its URL; a URL that carries its own signature needs no credential."""
        from azure.storage.blob import ContainerClient

        if "?" in url:
            return cls(ContainerClient.from_container_url(url, **_TRANSFER))
        return cls(ContainerClient.from_container_url(url, credential=credential(), **_TRANSFER))

    def put_if_absent(self, key: str, content: Path | bytes) -> bool:
        """Store under a new key; False, and no change, if the key exists."""
        try:
            # overwrite=False sends If-None-Match: * with the write (or its commit), so the check and the write are one.
            self._upload(key, content, overwrite=False)
        except ResourceExistsError:
            return False
        return True

    def put(self, key: str, content: Path | bytes) -> None:
        """Store, replacing what is there."""
        self._upload(key, content, overwrite=True)

    def open(self, key: str) -> BinaryIO:
        """Open for reading; KeyError if absent."""
        with _translated(key):
            downloader = self._blob(key).download_blob()
        return cast(BinaryIO, io.BufferedReader(_DownloadStream(downloader.chunks(), key), _CHUNK_BYTES))

    def get(self, key: str) -> bytes:
        """Read all of it; KeyError if absent."""
        with _translated(key):
            return self._blob(key).download_blob().readall()

    def exists(self, key: str) -> bool:
        """Tell whether the key is there."""
        with _translated(key):
            return self._blob(key).exists()

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with `prefix`, in no order."""
        with _translated(prefix):
            yield from self._container.list_blob_names(name_starts_with=prefix)

    def list_page(self, prefix: str, *, cursor: str | None, limit: int) -> KeyPage:
        """List at most `limit` keys; the service lists in ascending order, and its marker is the cursor."""
        with _translated(prefix):
            listing = self._container.list_blob_names(name_starts_with=prefix, results_per_page=limit)
            pages = listing.by_page(continuation_token=cursor)
            keys = tuple(next(pages, ()))
            # The service may answer a page without keys and yet with a marker.
            return KeyPage(keys, cast("str | None", getattr(pages, "continuation_token", None)) or None)

    def delete(self, key: str) -> None:
        """Remove it; absent is fine."""
        try:
            with _translated(key):
                self._blob(key).delete_blob()
        except KeyError:
            return

    def _blob(self, key: str) -> "BlobClient":
        return self._container.get_blob_client(check_key(key))

    def _upload(self, key: str, content: Path | bytes, *, overwrite: bool) -> None:
        with _translated(key):
            if isinstance(content, bytes):
                self._blob(key).upload_blob(content, overwrite=overwrite)
                return
            with content.open("rb") as stream:
                self._blob(key).upload_blob(stream, overwrite=overwrite)


class _DownloadStream(io.RawIOBase):
    """A blob's chunks as a raw stream."""

    def __init__(self, chunks: Iterator[bytes], key: str) -> None:
        self._chunks = chunks
        self._key = key
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # typeshed's WriteableBuffer has no name here
        if not self._left:
            with _translated(self._key):
                self._left = next(self._chunks, b"")
        taken = self._left[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn the SDK's errors into this package's; 'exists' passes through for put_if_absent."""
    try:
        yield
    except ResourceExistsError:
        raise
    except ResourceNotFoundError as exc:
        if getattr(exc, "error_code", None) == "ContainerNotFound":
            raise translate(exc, f"reach the container of {key}") from exc
        raise KeyError(key) from exc
    except AzureError as exc:
        raise translate(exc, f"reach {key} in blob storage") from exc
