"""Listens in on the real HTTP clients of this process: every request as it left, every answer as it came."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from requests.adapters import HTTPAdapter


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. Bodies that are JSON are parsed; None for none and for what is streamed."""

    method: str
    url: str
    request_body: Any
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def origin(self) -> str:
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.url))

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


@contextmanager
def listening() -> Iterator[list[Exchange]]:
    """Record what the clients of `requests` (the SDKs) and httpx (the tests) exchange."""
    heard: list[Exchange] = []
    with pytest.MonkeyPatch.context() as patch:
        send_requests, send_httpx = HTTPAdapter.send, httpx.Client.send

        def through_requests(self, request, **options):
            answer = send_requests(self, request, **options)
            body = _json(answer.content)
            heard.append(
                Exchange(
                    request.method, request.url, _json(request.body), answer.status_code, dict(answer.headers), body
                )
            )
            return answer

        def through_httpx(self, request, **options):
            answer = send_httpx(self, request, **options)
            sent = None if "multipart" in request.headers.get("content-type", "") else _read(request)
            heard.append(
                Exchange(
                    request.method,
                    str(request.url),
                    sent,
                    answer.status_code,
                    dict(answer.headers),
                    _json(answer.content),
                )
            )
            return answer

        patch.setattr(HTTPAdapter, "send", through_requests)
        patch.setattr(httpx.Client, "send", through_httpx)
        yield heard


def _read(request: httpx.Request) -> Any:
    try:
        return _json(request.content)
    except httpx.RequestNotRead:
        return None


def _json(content: Any) -> Any:
    """Parse JSON; what is none stays text, what is no text is None."""
    if not isinstance(content, (bytes, str)) or not content:
        return None
    try:
        return json.loads(content)
    except UnicodeDecodeError:
        return None
    except ValueError:
        return content.decode() if isinstance(content, bytes) else content
