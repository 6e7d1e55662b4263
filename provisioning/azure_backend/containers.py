"""The containers that hold the apps' deployed packages: one per app, made before it and removed with it."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from provisioning.errors import PermanentError
from provisioning.loopback import is_loopback

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.blob import ContainerClient


class Containers:
    """Containers by URL: in blob storage, or directories (`file:///…`) where the platform is a local one."""

    def __init__(self, credential: "TokenCredential") -> None:
        self._credential = credential

    def ensure(self, url: str) -> None:
        """Make sure that the container is there."""
        if (directory := _directory(url)) is not None:
            directory.mkdir(parents=True, exist_ok=True)
            return
        from azure.core.exceptions import ResourceExistsError

        from provisioning.azure_backend.errors import translated

        with translated(f"create the container {url}"), self._client(url) as client:
            try:
                client.create_container()
            except ResourceExistsError as exc:
                # The same status says that one of this name is still being deleted.
                if exc.error_code != "ContainerAlreadyExists":  # type: ignore[attr-defined]  # set by the storage SDK
                    raise

    def put(self, url: str, name: str, file: Path) -> None:
        """Put a file into the container, unless one of its name is there: names tell contents."""
        if (directory := _directory(url)) is not None:
            _copy_whole(file, directory / name)
            return
        from azure.core.exceptions import ResourceExistsError

        from provisioning.azure_backend.errors import translated

        with translated(f"put {name} into the container {url}"), self._client(url) as client, file.open("rb") as stream:
            try:
                client.upload_blob(name, stream, overwrite=False, max_concurrency=1)
            except ResourceExistsError:
                return

    def ensure_absent(self, url: str) -> bool:
        """Delete the container with its content; False if it was not there."""
        if (directory := _directory(url)) is not None:
            existed = directory.is_dir()
            shutil.rmtree(directory, ignore_errors=True)
            return existed
        from azure.core.exceptions import ResourceNotFoundError

        from provisioning.azure_backend.errors import translated

        with translated(f"delete the container {url}"), self._client(url) as client:
            try:
                client.delete_container()
            except ResourceNotFoundError:
                return False
        return True

    def _client(self, url: str) -> "ContainerClient":
        from azure.storage.blob import ContainerClient

        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            message = f"{url} is neither https nor file: check the router's deployment storage"
            raise PermanentError(message, "unsafe_endpoint")
        return ContainerClient.from_container_url(url, credential=self._credential)


def _directory(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _copy_whole(file: Path, target: Path) -> None:
    """Copy a file so that it appears when it is whole."""
    if target.exists():
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(file, partial)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
