"""Answers that say what went wrong, as RFC 9457 problem details."""

from typing import Any

import orjson
from aiohttp import web


def problem(status: int, title: str, detail: str, **more: Any) -> web.Response:
    """Build a problem answer."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/problem+json")


def json_answer(body: Any, status: int = 200) -> web.Response:
    """Build a JSON answer."""
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")
