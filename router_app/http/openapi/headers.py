"""Headers of answers, as OpenAPI describes them."""

from typing import Any

Json = dict[str, Any]


def _text(description: str) -> Json:
    return {"description": description, "required": True, "schema": {"type": "string"}}


ANSWER_HEADERS: dict[str, Json] = {
    "Location": _text("Where to look how it goes."),
    "Operation-Location": _text("Where to look how the deploy goes."),
    "Retry-After": {
        "description": "Seconds after which to look, or to repeat the request.",
        "required": True,
        "schema": {"type": "integer"},
    },
    "Retry-After-Maybe": {
        "description": "Seconds after which to repeat the request, if that makes sense.",
        "required": False,
        "schema": {"type": "integer"},
    },
    "X-Durable-Router-Route": _text("The line that took the request, and why."),
    "x-ms-continuation-token": _text("Sent back in the same header, it gets the next page; empty at the end."),
    "ETag": _text("The routing table's generation, for If-Match."),
}


def refer_to_header(name: str) -> Json:
    """Refer to one of them."""
    return {"$ref": f"#/components/headers/{name}"}
