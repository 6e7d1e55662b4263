"""Keeps a version app's host and keys out of what clients read, where the app itself wrote them into an answer; pure.

An app's own HTTP triggers may answer with Durable's check-status object, whose URLs carry the app's host and its key.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

INSTANCES = "/runtime/webhooks/durabletask/instances/"
ROUTE_PREFIX = "/api/"
PRIVATE_QUERY = frozenset({"code", "taskhub", "connection"})


@dataclass(frozen=True, slots=True)
class Hidden:
    """What must not be seen, and the router's own URLs in its place."""

    host: str
    secrets: tuple[str, ...] = field(repr=False)
    instances_url: str
    """Of the application's instances."""
    http_url: str
    """Of the line's own HTTP triggers."""


def hide_in_body(body: bytes, content_type: str, hidden: Hidden) -> bytes:
    """Return the body without host and keys; URLs of the app become the router's."""
    if not _may_show(body, hidden):
        return body
    if "json" in content_type.lower():
        try:
            return json.dumps(_hide_in_value(json.loads(body), hidden), ensure_ascii=False).encode()
        except ValueError:
            pass
    # Latin-1 keeps every byte as it is, whatever the body's encoding.
    return hide_in_text(body.decode("latin-1"), hidden).encode("latin-1")


def hide_in_text(text: str, hidden: Hidden) -> str:
    """Return the text without host and keys."""
    url = re.compile(rf"https?://{re.escape(hidden.host)}(?![\w.-])[^\s\"'<>\\]*", re.IGNORECASE)
    text = url.sub(lambda found: _own_url(found.group(), hidden), text)
    for shown in _spellings(hidden.secrets):
        text = text.replace(shown, "<hidden>")
    return re.sub(re.escape(hidden.host), "<app>", text, flags=re.IGNORECASE)


def _own_url(url: str, hidden: Hidden) -> str:
    parts = urlsplit(url)
    if parts.path.startswith(INSTANCES):
        base, path = hidden.instances_url, parts.path.removeprefix(INSTANCES)
    else:
        base, path = hidden.http_url, parts.path.removeprefix(ROUTE_PREFIX).removeprefix("/")
    public = [(name, value) for name, value in parse_qsl(parts.query, True) if name.lower() not in PRIVATE_QUERY]
    # Braces stay: Durable's URLs hold templates such as {eventName}.
    return urlunsplit(("", "", f"{base}/{path}", urlencode(public, safe="{}"), parts.fragment))


def _hide_in_value(value: Any, hidden: Hidden) -> Any:
    match value:
        case str():
            return hide_in_text(value, hidden)
        case list():
            return [_hide_in_value(item, hidden) for item in value]
        case dict():
            return {hide_in_text(name, hidden): _hide_in_value(item, hidden) for name, item in value.items()}
        case _:
            return value


def _may_show(body: bytes, hidden: Hidden) -> bool:
    # A JSON writer may escape characters of a key or URL: then only parsing tells.
    lowered = body.lower()
    searched = (hidden.host.lower(), *(shown.lower() for shown in _spellings(hidden.secrets)), "\\u")
    return any(shown.encode() in lowered for shown in searched)


def _spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spelling for secret in secrets for spelling in (secret, quote(secret, safe=""))))
