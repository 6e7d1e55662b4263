"""Copies what a worker prints to the host's log, line by line, with the worker's marker."""

import asyncio
import logging

MAX_LINE_BYTES = 64 * 1024

output = logging.getLogger("worker")


async def forward_lines(stream: asyncio.StreamReader, marker: str) -> None:
    """Log every line of `stream`; a line longer than MAX_LINE_BYTES is cut into several."""
    rest = b""
    while data := await stream.read(MAX_LINE_BYTES):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            output.info("[%s] %s", marker, line.decode(errors="replace"))
        if len(rest) > MAX_LINE_BYTES:
            output.info("[%s] %s", marker, rest.decode(errors="replace"))
            rest = b""
    if rest:
        output.info("[%s] %s", marker, rest.decode(errors="replace"))
