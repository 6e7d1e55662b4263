"""Takes connections from the listening socket, and stops taking them without dropping one that it took.

A restarted host serves on the same socket: whoever is not taken waits for the successor, and whoever is taken gets an
answer here. aiohttp's own site cannot promise that: it drops connections whose request it has not read yet.
"""

import asyncio
import contextlib
import socket

from aiohttp import web

# For clients that have connected, or been promised a kept connection, and whose request is on its way.
LINGER_S = 0.3
LOOK_EVERY_S = 0.01
# One round of the loop takes no more than this: those who are inside want to be served too.
MOST_AT_ONCE = 64


class FrontDoor:
    """Lets clients in to an aiohttp server until it is closed."""

    def __init__(self, listener: socket.socket) -> None:
        self.is_closing = False
        self._listener = listener
        self._server: web.Server | None = None
        self._entering: set[asyncio.Task[object]] = set()

    def open(self, server: web.Server) -> None:
        """Begin to take connections."""
        self._server = server
        self._listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listener, self._take)

    async def close(self) -> None:
        """Take nobody any more, and return when those inside are served, or at least have had time to ask."""
        self.is_closing = True
        if self._server is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener)
        await asyncio.gather(*self._entering, return_exceptions=True)
        deadline = loop.time() + LINGER_S
        while self._server.connections and loop.time() < deadline:  # noqa: ASYNC110 - aiohttp announces no end
            await asyncio.sleep(LOOK_EVERY_S)

    async def say_goodbye(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Tell the client of a closing host that the next request needs a new connection: a `prepare` signal."""
        if self.is_closing:
            response.force_close()
            response.headers["Connection"] = "close"

    def _take(self) -> None:
        assert self._server is not None
        loop = asyncio.get_running_loop()
        for _ in range(MOST_AT_ONCE):
            try:
                connection, _address = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                # Out of descriptors, most likely: the clients wait in the backlog until some are free again.
                self._pause(loop)
                return
            entering = loop.create_task(self._let_in(connection))
            self._entering.add(entering)
            entering.add_done_callback(self._entering.discard)

    async def _let_in(self, connection: socket.socket) -> None:
        assert self._server is not None
        connection.setblocking(False)
        with contextlib.suppress(OSError):  # it has gone already
            await asyncio.get_running_loop().connect_accepted_socket(self._server, connection)

    def _pause(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._listener)

        def go_on() -> None:
            if not self.is_closing:
                loop.add_reader(self._listener, self._take)

        loop.call_later(1.0, go_on)
