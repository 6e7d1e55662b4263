"""Inputs of orchestrations: brought into the form in which an app's SDK hands them to user code unchanged."""

import json
import re
from collections.abc import Iterable
from typing import Any

from router_app.problems import Problem

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes of characters beyond the first 65,536, which need two of them."""
DEEPEST = 100
"""So deep a client's JSON may nest. Whoever reads it later has it within more, and one that is too deep to be read
again would spoil every list of instances that holds it."""

TOO_DEEP = f"it nests too deeply, more than {DEEPEST} levels"


def read_input(body: bytes) -> str:
    """Return the start body to send to an app for a client's body; "" for none. Raises Problem unless the body is JSON.

    The host stores the body as a JSON value, and the Python SDK 1.x calls json.loads on it unless it is an object.
    So an object goes through as it is; any other value becomes a JSON string that holds JSON, as the SDK's client does.
    """
    text = _decoded(body)
    if not text.strip():
        return ""
    try:
        value = _parsed(text)
    except ValueError as error:
        raise Problem(
            "invalid-body",
            f"The body is the orchestration's input and must be JSON, or empty: {error}. Text needs quotes.",
        ) from error
    if value is None or isinstance(value, dict):
        return text
    return json.dumps(text)


def check_json(body: bytes, what: str) -> None:
    """Raise Problem unless the body is JSON or empty."""
    text = _decoded(body)
    if not text.strip():
        return
    try:
        _parsed(text)
    except ValueError as error:
        raise Problem("invalid-body", f"{what} must be JSON: {error}.") from error


def _parsed(text: str) -> Any:
    """Parse JSON; ValueError if it is none, or holds what no store and no app could write again."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error
    if _is_too_deep(value):
        raise ValueError(TOO_DEEP)
    if SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("it holds half of a character, a lone surrogate") from error
    return value


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [child for one in level for child in _children(one) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem("invalid-body", f"The body must be JSON in UTF-8; byte {error.start} is not.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")
