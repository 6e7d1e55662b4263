"""The port to a store of named bytes, and the choice of one by URL."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from provisioning.credentials import open_credential
from provisioning.directory_store import DirectoryStore
from provisioning.key_pages import KeyPage
from provisioning.loopback import is_loopback

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


class ObjectStore(Protocol):
    """Named bytes. A key is `segment/segment/…` (store_keys.py); a write is whole or absent, also after a crash."""

    def put_if_absent(self, key: str, content: Path | bytes) -> bool:
        """Store under a new key; False, and no change, if the key exists."""
        ...

    def put(self, key: str, content: Path | bytes) -> None:
        """Store, replacing what is there."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open for reading; KeyError if absent."""
        ...

    def get(self, key: str) -> bytes:
        """Read all of it; KeyError if absent."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether the key is there."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with `prefix`, in no order."""
        ...

    def list_page(self, prefix: str, *, cursor: str | None, limit: int) -> KeyPage:
        """List at most `limit` keys that begin with `prefix`, in ascending order, from where a page ended.

        What is there all the while is listed once; what comes or goes meanwhile may be.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove it; absent is fine."""
        ...


def open_store(url: str, credential: "TokenCredential | None" = None) -> ObjectStore:
    """Open the store at `file:///directory` or `https://account.blob.core.windows.net/container`.

    `http://` is taken on loopback only, where Azurite runs. By default the router's own credential is opened.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return DirectoryStore(Path(unquote(parts.path)))
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        # Imported here: a router with a directory store never loads the storage SDK.
        from provisioning.blob_store import BlobStore

        return BlobStore.at(url, lambda: credential or open_credential())
    message = (
        f"not a store: {parts.scheme}://…; use file:///directory or https://account.blob.core.windows.net/container"
    )
    raise ValueError(message)
