"""Reads a request's body: of bounded size, and in bounded time, as Azure's host does (240 bytes a second, after 5)."""

import asyncio

from aiohttp import web

GRACE_S = 5.0
SLOWEST_BYTES_PER_S = 240.0


async def read_body(request: web.Request) -> bytes:
    """Return the body; raise HTTPRequestEntityTooLarge, or HTTPRequestTimeout if it comes too slowly."""
    most, announced = request.client_max_size, request.content_length or 0
    if announced > most:
        # At once: what is not going to be used need not be sent.
        raise refusal(web.HTTPRequestEntityTooLarge(max_size=most, actual_size=announced))
    if request.content.is_eof():
        return await request.read()
    return await read_slowly(request, most)


async def read_slowly(request: web.Request, most: int) -> bytes:
    """Read what is still on its way."""
    body = bytearray()
    began = asyncio.get_running_loop().time()
    try:
        while True:
            async with asyncio.timeout_at(began + GRACE_S + len(body) / SLOWEST_BYTES_PER_S):
                chunk = await request.content.readany()
            if not chunk:
                return bytes(body)
            body += chunk
            if len(body) > most:
                raise refusal(web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(body)))
    except TimeoutError as error:
        raise refusal(web.HTTPRequestTimeout()) from error


def refusal(error: web.HTTPException) -> web.HTTPException:
    """Return the answer as one that ends the connection: the rest of the body is not read."""
    error.force_close()
    return error
