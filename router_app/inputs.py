"""Inputs of orchestrations: brought into the form in which an app's SDK hands them to user code unchanged."""

import json
import re
from typing import Any

from router_app.problems import Problem

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes of characters beyond the first 65,536, which need two of them."""


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
        raise ValueError("it nests too deeply") from error
    if SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("it holds half of a character, a lone surrogate") from error
    return value


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem("invalid-body", f"The body must be JSON in UTF-8; byte {error.start} is not.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")
