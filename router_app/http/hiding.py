"""Keeps a version app's host and keys out of what clients read, where the app itself wrote them into an answer; pure.

An app's own HTTP triggers may answer with Durable's check-status object, whose URLs carry the app's host and its key.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from router_app.http.spelling import spellings

DURABLE_API = "/runtime/webhooks/durabletask"
INSTANCES = f"{DURABLE_API}/instances/"
ROUTE_PREFIX = "/api/"
PRIVATE_QUERY = frozenset({"code", "taskhub", "connection"})


@dataclass(frozen=True, slots=True)
class Hidden:
    """What must not be seen, and the router's own URLs in its place."""

    host: str
    secrets: tuple[str, ...] = field(repr=False)
    application_url: str
    """Of the application at the router."""
    line: str


def hide_in_body(body: bytes, content_type: str, hidden: Hidden) -> bytes:
    """Return the body without host and keys; URLs of the app become the router's."""
    if not _may_show(body, hidden):
        return body
    if "json" in content_type.lower():
        try:
            # In ASCII: what was an escaped half of a character can be written in no other way.
            return json.dumps(hide_in_value(json.loads(body), hidden)).encode()
        except ValueError:
            pass
    # Latin-1 keeps every byte as it is, whatever the body's encoding.
    return hide_in_text(body.decode("latin-1"), hidden).encode("latin-1")


def hide_in_text(text: str, hidden: Hidden) -> str:
    """Return the text without host and keys."""
    url = re.compile(rf"https?://{re.escape(hidden.host)}(?![\w.-])[^\s\"'<>\\]*", re.IGNORECASE)
    text = url.sub(lambda found: _own_url(found.group(), hidden), text)
    for secret in hidden.secrets:
        text = spellings(secret).sub("<hidden>", text)
    # A digit more is another port.
    return re.sub(rf"{spellings(hidden.host).pattern}(?!\d)", "<app>", text, flags=re.IGNORECASE)


def _own_url(url: str, hidden: Hidden) -> str:
    parts = urlsplit(url)
    path = _own_path(parts.path, hidden.line)
    public = [(name, value) for name, value in parse_qsl(parts.query, True) if name.lower() not in PRIVATE_QUERY]
    # Braces stay: Durable's URLs hold templates such as {eventName}.
    return urlunsplit(("", "", f"{hidden.application_url}/{path}", urlencode(public, safe="{}"), parts.fragment))


def _own_path(path: str, line: str) -> str:
    """Give what stands at an app's path its place at the router."""
    if path.startswith((f"{INSTANCES}{line}~", f"{INSTANCES}{quote(f'{line}~', safe='')}")):
        return f"instances/{path.removeprefix(INSTANCES)}"
    if path.startswith(DURABLE_API):
        # Entities, and instances that the app started itself: their ids do not tell the line, so the path does.
        return f"v/{line}{path}"
    return f"v/{line}/http/{path.removeprefix(ROUTE_PREFIX).removeprefix('/')}"


def hide_in_value(value: Any, hidden: Hidden) -> Any:
    """Return the JSON value without host and keys."""
    match value:
        case str():
            return hide_in_text(value, hidden)
        case list():
            return [hide_in_value(item, hidden) for item in value]
        case dict():
            return {hide_in_text(name, hidden): hide_in_value(item, hidden) for name, item in value.items()}
        case _:
            return value


def _may_show(body: bytes, hidden: Hidden) -> bool:
    # A JSON writer may escape characters of a key or URL: then only parsing tells.
    lowered = body.lower()
    return b"\\u" in lowered or any(
        _plainest(text) in lowered and spellings(text).search(body.decode("latin-1"))
        for text in (hidden.host, *hidden.secrets)
    )


def _plainest(text: str) -> bytes:
    """Give the longest part that nobody escapes: where it is not, there is no need to look closely."""
    return max(re.split(r"[^a-z0-9]", text.lower()), key=len).encode()
