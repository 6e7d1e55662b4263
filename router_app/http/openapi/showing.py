"""Answers the OpenAPI document, written when it is first asked for."""

import asyncio
from functools import cache
from typing import Any

import azure.functions as func

from router_app.http.call import Call, json_response, origin
from router_app.parts import Parts

FRESH_SECONDS = 300


async def show_api(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer the document. It is the same for every router, so it is no secret."""
    # In a thread: the first time it takes a second, in which others are to be answered too.
    document = await asyncio.to_thread(_document)
    document = {**document, "servers": [{"url": origin(parts, call)}]}
    return json_response(document, headers={"Cache-Control": f"public, max-age={FRESH_SECONDS}"})


@cache
def _document() -> dict[str, Any]:
    # Here, not above: the table names this function too, and a cold start loads no models.
    from router_app.http.openapi.document import describe_api
    from router_app.http.route_table import OPERATIONS

    return describe_api(OPERATIONS)
