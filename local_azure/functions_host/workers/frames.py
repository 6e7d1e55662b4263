"""The host's end of the frame format (see worker/channel.py for its description)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

PREFIX = struct.Struct("!II")


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
    """Collects bytes as they arrive and gives out whole frames."""

    __slots__ = ("_buffer", "_wanted")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = PREFIX.size

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Add bytes; yield the frames that are complete with them."""
        self._buffer += data
        # `_wanted` keeps a large body from being looked at again for every piece of it.
        while len(self._buffer) >= self._wanted:
            header_length, body_length = PREFIX.unpack_from(self._buffer)
            end = PREFIX.size + header_length + body_length
            if len(self._buffer) < end:
                self._wanted = end
                return
            yield self._take(PREFIX.size + header_length, end)
            self._wanted = PREFIX.size

    def _take(self, body_start: int, end: int) -> Frame:
        with memoryview(self._buffer) as view:
            header = orjson.loads(view[PREFIX.size : body_start])
            parts, start = [], body_start
            for length in header.get("parts", ()):
                parts.append(bytes(view[start : start + length]))
                start += length
        del self._buffer[:end]
        return Frame(header, tuple(parts))
