"""Answers on a site's port while no host does, so that clients get an answer instead of a hang."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True, slots=True)
class StandInPage:
    """What is answered to every request, and why no host runs."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CODE = StandInPage(503, "No package has been deployed to this site yet.")
STOPPED = StandInPage(403, "This site is stopped.")


def crashed(delay: float) -> StandInPage:
    """Describe a site whose host ended unasked and waits to be started again."""
    wait = max(1, round(delay))
    reason = f"The Functions host of this site has ended unexpectedly; it starts again in {wait} s. See host.log."
    return StandInPage(503, reason, {"Retry-After": str(wait)})


@asynccontextmanager
async def serving(page: StandInPage, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the page on a listening socket, which stays open afterwards."""

    async def answer(_: web.BaseRequest) -> web.Response:
        response = web.json_response({"error": page.reason}, status=page.status, headers=page.headers)
        # Connections must not outlive the page: the next request belongs to a host.
        response.force_close()
        return response

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=1.0)
    await runner.setup()
    # aiohttp closes the socket it is given; the site's own has to stay.
    await web.SockSite(runner, listener.dup()).start()
    try:
        yield
    finally:
        await runner.cleanup()
