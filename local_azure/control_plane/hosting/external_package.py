"""Packages that sites run from by their URL (WEBSITE_RUN_FROM_PACKAGE): fetched once each, and unpacked as they are.

URLs of this machine only: `file://`, or HTTP on loopback, such as a blob of Azurite with a signature. Nothing is built.
"""

import asyncio
import hashlib
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiohttp

from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.kudu.errors import PackageError
from local_azure.control_plane.kudu.unpack import unpack

FETCH_SECONDS = 60
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CHUNK_BYTES = 1 << 20


def external_content(paths: SitePaths, url: str) -> Path:
    """Return the folder that the package of a URL is unpacked into, shared by an app and its slots: swaps move URLs."""
    return paths.app_root / "packages" / hashlib.sha256(url.encode()).hexdigest()[:32]


def shown(url: str) -> str:
    """Return a URL without its query, which may hold a signature."""
    return url.partition("?")[0]


async def fetch_package(url: str, content: Path, *, max_bytes: int) -> None:
    """Fetch a package and unpack it into a folder, which appears when it is whole; PackageError when it cannot be."""
    content.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=content.parent, prefix="fetching-"))
    try:
        await _receive(url, work / "package.zip", max_bytes)
        await asyncio.to_thread(unpack, work / "package.zip", work / "content", max_bytes=max_bytes)
        if not content.exists():
            (work / "content").rename(content)
    except (OSError, aiohttp.ClientError, TimeoutError) as exc:
        raise PackageError(f"{type(exc).__name__}") from exc
    finally:
        shutil.rmtree(work, ignore_errors=True)


async def _receive(url: str, target: Path, max_bytes: int) -> None:
    parts = urlsplit(url)
    if parts.scheme == "file":
        await asyncio.to_thread(shutil.copyfile, unquote(parts.path), target)
        return
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
        raise PackageError("local Azure fetches from this machine only: use file://, or HTTP on loopback")
    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, allow_redirects=False) as answer:
        if answer.status != 200:
            raise PackageError(f"it was answered with {answer.status}")
        with target.open("wb") as file:
            async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                file.write(chunk)
                if file.tell() > max_bytes:
                    raise PackageError(f"it is larger than {max_bytes} bytes")
