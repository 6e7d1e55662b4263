"""HTTP by the byte: what no client library would send, and all that comes back."""

import contextlib
import json
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RawAnswer:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str | None:
        """The slug of a problem of the router's, checked for its form; None if the answer is the host's own."""
        if not self.headers.get("content-type", "").startswith("application/problem+json"):
            return None
        body: dict[str, Any] = json.loads(self.body)
        prefix = "urn:durable-router:problem:"
        assert body["status"] == self.status, body
        if not body["type"].startswith(prefix):
            return None
        assert len(body["detail"]) > 20, body
        return str(body["type"].removeprefix(prefix))


def address_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def request(
    method: str, target: str | bytes, *, headers: dict[str, str | bytes] | None = None, body: bytes = b""
) -> bytes:
    """Write a request as it is told; nothing is escaped."""
    path = target if isinstance(target, bytes) else target.encode()
    lines = [method.encode() + b" " + path + b" HTTP/1.1", b"Host: router.example"]
    told = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
    for name, value in told.items():
        lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def send(url: str, data: bytes, *, seconds: float = 20) -> list[RawAnswer]:
    """Send bytes on a connection of their own, and return all answers until the other side closes or is silent."""
    with socket.create_connection(address_of(url), timeout=seconds) as connection:
        # It may be closed before it has read everything: an answer may be there all the same.
        with contextlib.suppress(OSError):
            connection.sendall(data)
        return read_answers(received(connection, seconds))


def received(connection: socket.socket, seconds: float) -> bytes:
    """Read until the other side closes, or has been silent for a moment after it said something."""
    found, deadline = b"", time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(min(left, 0.4) if found else left)
        try:
            chunk = connection.recv(65536)
        except OSError:
            break
        if not chunk:
            break
        found += chunk
    return found


def read_answers(data: bytes) -> list[RawAnswer]:
    """Take a stream of answers with Content-Length apart."""
    answers = []
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        assert separator, data[:200]
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", len(rest)))
        answers.append(RawAnswer(int(first.split()[1]), headers, rest[:length]))
        data = rest[length:]
    return answers


def send_one(url: str, data: bytes, *, seconds: float = 20) -> RawAnswer:
    """Send one request and return its one answer."""
    answers = send(url, data, seconds=seconds)
    assert len(answers) == 1, answers
    return answers[0]
