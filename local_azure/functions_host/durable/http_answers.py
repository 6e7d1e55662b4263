"""Answers of the Durable HTTP API. Bodies are JSON or empty: the 1.x client parses every body."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from local_azure.functions_host.durable import codec


def json_answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON."""
    return json_text(codec.dumps(value), status=status, headers=headers)


def json_text(text: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with text that is JSON already."""
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def empty(status: int) -> web.Response:
    """Answer with a status alone."""
    return web.Response(status=status)


def refusal(status: int, text: str) -> web.Response:
    """Answer why not, under the keys that clients of Azure read."""
    return json_answer({"Message": text, "ExceptionMessage": text, "ExceptionType": "Refused"}, status=status)
