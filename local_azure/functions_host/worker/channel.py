"""The worker's end of the socket to the host: frames of a JSON header and raw body parts.

A frame is `u32 header length, u32 body length` (network order), the header as JSON, and the body. The header's
`parts` list says how the body splits, so that payloads and HTTP bodies are never escaped or encoded.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

PREFIX = struct.Struct("!II")
JOIN_BELOW_BYTES = 64 * 1024


class Frame(NamedTuple):
    """One message: what it is, and the payloads that belong to it."""

    header: dict[str, Any]
    parts: tuple[bytes, ...]


class HostGone(Exception):  # noqa: N818 - a state, not a fault
    """The host closed its end: there is nobody left to work for."""


class Channel:
    """Reads frames from one thread and writes them from any."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._reader = sock.makefile("rb", buffering=64 * 1024)
        self._write_lock = threading.Lock()

    def receive(self) -> Frame:
        """Wait for the next frame; raise HostGone at the end of the stream."""
        header_length, body_length = PREFIX.unpack(self._read(PREFIX.size))
        header = json.loads(self._read(header_length))
        body = self._read(body_length) if body_length else b""
        return Frame(header, split_parts(body, header.get("parts", ())))

    def send(self, header: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
        """Write one frame; raise HostGone when nobody reads any more."""
        if parts:
            header["parts"] = [len(part) for part in parts]
        text = json.dumps(header, separators=(",", ":")).encode()
        body_length = sum(map(len, parts))
        head = PREFIX.pack(len(text), body_length) + text
        try:
            with self._write_lock:
                if body_length < JOIN_BELOW_BYTES:
                    self._socket.sendall(b"".join((head, *parts)))
                    return
                self._socket.sendall(head)
                for part in parts:
                    self._socket.sendall(part)
        except OSError as error:
            raise HostGone from error

    def _read(self, size: int) -> bytes:
        try:
            data: bytes = self._reader.read(size)
        except OSError as error:
            raise HostGone from error
        if len(data) < size:
            raise HostGone
        return data


def split_parts(body: bytes, lengths: Sequence[int]) -> tuple[bytes, ...]:
    """Cut the body into its parts; a single part is the body itself, uncopied."""
    if len(lengths) == 1:
        return (body,)
    parts, start = [], 0
    for length in lengths:
        parts.append(body[start : start + length])
        start += length
    return tuple(parts)
