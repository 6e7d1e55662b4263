"""Where a request came in, as its sender sees it."""

from aiohttp import web


def request_origin(request: web.Request) -> str:
    """Return `scheme://host[:port]` of the request."""
    return f"{request.scheme}://{request.host}"
