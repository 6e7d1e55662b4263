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
USUAL_BUFFER_BYTES = 64 * 1024
JOIN_BELOW_BYTES = 64 * 1024
MOST_FRAMES_HELD = 8
"""Enough to save most calls of the system, few enough that the host has something to do meanwhile."""

encode_json = json.JSONEncoder(separators=(",", ":")).encode
decode_json = json.JSONDecoder().decode


class Frame(NamedTuple):
    """One message: what it is, and the payloads that belong to it."""

    header: dict[str, Any]
    parts: tuple[bytes, ...]


class HostGone(Exception):  # noqa: N818 - a state, not a fault
    """The host closed its end: there is nobody left to work for."""


class Channel:
    """Reads frames for one thread at a time, and writes them for any."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = memoryview(bytearray(USUAL_BUFFER_BYTES))
        self._start = 0
        self._end = 0
        self._held: list[bytes] = []
        self._held_frames = 0
        self._hold_lock = threading.Lock()
        self._send_lock = threading.Lock()

    # -- reading -----------------------------------------------------------------------------------------------------

    def receive(self) -> Frame:
        """Wait for the next frame, having sent what is held; raise HostGone at the end of the stream."""
        self._gather(PREFIX.size)
        header_length, body_length = PREFIX.unpack_from(self._buffer, self._start)
        self._gather(PREFIX.size + header_length + body_length)
        body_start = self._start + PREFIX.size + header_length
        header = decode_json(str(self._buffer[self._start + PREFIX.size : body_start], "utf-8"))
        self._start = body_start + body_length
        return Frame(header, split_parts(self._buffer[body_start : self._start], header.get("parts", ())))

    def _gather(self, size: int) -> None:
        """Read until the buffer holds so many bytes."""
        while self._end - self._start < size:
            self.flush()
            self._make_room(size)
            try:
                received = self._socket.recv_into(self._buffer[self._end :])
            except OSError as error:
                raise HostGone from error
            if not received:
                raise HostGone
            self._end += received

    def _make_room(self, size: int) -> None:
        """Make the buffer fit for a frame of `size` bytes, the start of which it may hold already."""
        rest = self._end - self._start
        if rest == 0 and size <= USUAL_BUFFER_BYTES < len(self._buffer):
            self._buffer = memoryview(bytearray(USUAL_BUFFER_BYTES))
        elif rest and self._start + size > len(self._buffer):
            larger = memoryview(bytearray(max(size, USUAL_BUFFER_BYTES)))
            larger[:rest] = self._buffer[self._start : self._end]
            self._buffer = larger
        elif rest == 0 and size > len(self._buffer):
            self._buffer = memoryview(bytearray(size))
        elif rest:
            return
        self._start, self._end = 0, rest

    # -- writing -----------------------------------------------------------------------------------------------------

    def send(self, header: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
        """Write one frame; raise HostGone when nobody reads any more."""
        self.hold(header, parts)
        self.flush()

    def hold(self, header: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
        """Keep a frame until there are several, the next flush, or the reader has nothing left to read."""
        if parts:
            header["parts"] = [len(part) for part in parts]
        text = encode_json(header).encode()
        head = PREFIX.pack(len(text), sum(map(len, parts))) + text
        with self._hold_lock:
            self._held += (head, *parts)
            self._held_frames += 1
            is_enough = self._held_frames >= MOST_FRAMES_HELD
        if is_enough:
            self.flush()

    def flush(self) -> None:
        """Write what is held; raise HostGone when nobody reads any more."""
        if not self._held_frames:
            return
        with self._send_lock:
            with self._hold_lock:
                pieces, self._held, self._held_frames = self._held, [], 0
            try:
                if sum(map(len, pieces)) < JOIN_BELOW_BYTES:
                    pieces = [b"".join(pieces)]
                for piece in pieces:
                    self._socket.sendall(piece)
            except OSError as error:
                raise HostGone from error


def split_parts(body: memoryview, lengths: Sequence[int]) -> tuple[bytes, ...]:
    """Copy the parts out of the buffer."""
    parts, start = [], 0
    for length in lengths:
        parts.append(bytes(body[start : start + length]))
        start += length
    return tuple(parts)
