"""The host's end of the frame format (see worker/channel.py for its description)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

PREFIX = struct.Struct("!II")
USUAL_BUFFER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: what it is, and the payloads that belong to it."""

    header: dict[str, Any]
    parts: tuple[bytes, ...]


def encode_head(header: dict[str, Any], parts: Sequence[bytes]) -> bytes:
    """Encode everything of a frame but its parts, which follow as they are."""
    text = orjson.dumps({**header, "parts": [len(part) for part in parts]} if parts else header)
    return PREFIX.pack(len(text), sum(map(len, parts))) + text


class FrameDecoder:
    """Takes bytes into its own buffer as they arrive and gives out whole frames.

    The caller receives straight into `free_space()`: a fresh 256 KiB object for every read, as a plain asyncio
    protocol makes it, costs more than a small frame's whole way through the host.
    """

    __slots__ = ("_buffer", "_end", "_start")

    def __init__(self) -> None:
        self._buffer = bytearray(USUAL_BUFFER_BYTES)
        self._start = 0
        self._end = 0

    def free_space(self) -> memoryview:
        """Return the part of the buffer that the next bytes go to; never empty."""
        return memoryview(self._buffer)[self._end :]

    def take(self, received: int) -> Iterator[Frame]:
        """Count bytes that were put into the free space; yield the frames that are complete with them."""
        self._end += received
        while (size := self._next_size()) <= self._end - self._start:
            yield self._take_frame(size)
        self._make_room(size)

    def _next_size(self) -> int:
        if self._end - self._start < PREFIX.size:
            return PREFIX.size
        header_length, body_length = PREFIX.unpack_from(self._buffer, self._start)
        return int(PREFIX.size + header_length + body_length)

    def _take_frame(self, size: int) -> Frame:
        start = self._start + PREFIX.size
        header_length, _ = PREFIX.unpack_from(self._buffer, self._start)
        with memoryview(self._buffer) as view:
            header = orjson.loads(view[start : start + header_length])
            start += header_length
            parts = []
            for length in header.get("parts", ()):
                parts.append(bytes(view[start : start + length]))
                start += length
        self._start += size
        return Frame(header, tuple(parts))

    def _make_room(self, size: int) -> None:
        """Make the buffer hold a frame of `size` bytes, the start of which it may hold already."""
        if self._start == self._end and size <= USUAL_BUFFER_BYTES:
            if len(self._buffer) > USUAL_BUFFER_BYTES:
                self._buffer = bytearray(USUAL_BUFFER_BYTES)
            self._start = self._end = 0
        elif self._start + size > len(self._buffer) or self._end == len(self._buffer):
            rest = self._buffer[self._start : self._end]
            self._buffer = bytearray(max(size, USUAL_BUFFER_BYTES))
            self._buffer[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
