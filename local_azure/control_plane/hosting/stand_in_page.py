"""Answers on a site's port while no host does, so that clients get an answer instead of a hang.

Written on bare streams: a web server that shuts down drops connections whose request it has not read yet. Here every
connection that was taken is answered, also after the page has made room for a host.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

HEAD_SECONDS = 5.0
LINGER_SECONDS = 5.0
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class StandInPage:
    """What is answered to every request, and why no host runs."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CODE = StandInPage(503, "No package has been deployed to this site yet.")
STOPPED = StandInPage(403, "This site is stopped.")
FETCHING = StandInPage(503, "The package that this site runs from is being fetched.", {"Retry-After": "1"})


def unfetched(url: str, reason: str) -> StandInPage:
    """Describe a site whose package could not be had from its URL."""
    return StandInPage(503, f"The package {url} (WEBSITE_RUN_FROM_PACKAGE) could not be fetched: {reason}")


def crashed(delay: float) -> StandInPage:
    """Describe a site whose host ended unasked and waits to be started again."""
    wait = max(1, round(delay))
    reason = f"The Functions host of this site has ended unexpectedly; it starts again in {wait} s. See host.log."
    return StandInPage(503, reason, {"Retry-After": str(wait)})


@asynccontextmanager
async def serving(page: StandInPage, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the page on a listening socket, which stays open afterwards."""
    loop = asyncio.get_running_loop()
    conversations: set[asyncio.Task[None]] = set()

    def accept() -> None:
        # Accepting and keeping are one step, which asyncio's own server cannot say of a close in the same tick.
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = listener.accept()
            conversation = loop.create_task(_converse(page, connection))
            conversations.add(conversation)
            conversation.add_done_callback(conversations.discard)

    listener.setblocking(False)
    loop.add_reader(listener, accept)
    try:
        yield
    finally:
        # Only takes no more: what was taken is answered, and nobody waits for it.
        loop.remove_reader(listener)


async def _converse(page: StandInPage, connection: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        await _answer(page, reader, writer)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return  # the client went away, kept silent, or does not speak HTTP
    finally:
        writer.close()


async def _answer(page: StandInPage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
    writer.write(response_bytes(page, with_body=not head.startswith(b"HEAD ")))
    await writer.drain()
    writer.write_eof()
    # Closing with the request's body unread would reset the connection, and the answer would be lost.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_discard(reader), LINGER_SECONDS)


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(CHUNK_BYTES):
        pass


def response_bytes(page: StandInPage, *, with_body: bool) -> bytes:
    """Write the page as an HTTP response after which the connection ends: the next request belongs to a host."""
    body = json.dumps({"error": page.reason}).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **page.headers,
    }
    lines = [f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + (body if with_body else b"")
