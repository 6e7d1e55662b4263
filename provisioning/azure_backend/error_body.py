"""What an Azure error answer says, whichever of its shapes it comes in. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The parts of an error answer that decide what to do."""

    code: str = ""
    message: str = ""
    extended_code: str = ""
    """App Service's five digits, finer than `code`."""


def read_error_body(text: str) -> ErrorBody:
    """Read `{"error": {"code", "message"}}`, App Service's PascalCase form, or plain text.

    azure-core knows the first form only: for the second its `exc.error.code` is None.
    """
    try:
        document = json.loads(text)
    except ValueError:
        return ErrorBody(message=_plain(text))
    if not isinstance(document, dict):
        return ErrorBody(message=_plain(str(document)))
    body = _member(document, "error")
    body = body if isinstance(body, dict) else document
    return ErrorBody(
        code=_text(_member(body, "code")),
        message=_text(_member(body, "message")),
        extended_code=next(_extended_codes(body), ""),
    )


def _extended_codes(body: Mapping[str, Any]) -> Iterator[str]:
    details = _member(body, "details")
    for part in [body, *(details if isinstance(details, list) else [])]:
        entity = _member(part, "ErrorEntity") if isinstance(part, dict) else None
        for holder in (part, entity):
            if isinstance(holder, dict) and (code := _text(_member(holder, "ExtendedCode"))):
                yield code


def _member(document: Mapping[str, Any], name: str) -> Any:
    """Look a member up without regard to case."""
    return next((value for key, value in document.items() if key.lower() == name.lower()), None)


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """Shorten a body that is no JSON; an HTML page says nothing to anybody."""
    shown = " ".join(text.split())
    return "" if shown.startswith("<") else shown[:300]
