"""Receives a package: streamed to disk, and there for good before it is acknowledged."""

import asyncio
import os
from pathlib import Path

from aiohttp import StreamReader

from local_azure.control_plane.kudu.errors import PackageError

CHUNK_BYTES = 1 << 20


async def receive_package(stream: StreamReader, package: Path, *, max_bytes: int) -> int:
    """Write the request's body to `package`; return its size. The file appears only when it is whole."""
    partial = package.with_suffix(".part")
    size = 0
    try:
        with partial.open("wb") as file:
            while chunk := await stream.read(CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:
                    raise PackageError(f"the package is larger than {max_bytes} bytes")
                file.write(chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        partial.rename(package)
    finally:
        partial.unlink(missing_ok=True)
    return size
