"""Listening sockets of the sites: chosen once, and bound again on the same port after every restart."""

import errno
import hashlib
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path

from local_azure.control_plane.errors import ControlPlaneError

# Below the range that kernels take outgoing ports from, so that a connection of some other program
# cannot occupy a site's port while the control plane is down.
FIRST_PORT, LAST_PORT = 20_000, 29_999
BACKLOG = 512


class PortTakenError(ControlPlaneError):
    """Another program listens on a port that belongs to a site."""


class NoPortLeftError(ControlPlaneError):
    """Every port of the range is taken."""


def listen(host: str, port: int) -> socket.socket:
    """Listen on exactly this port, or raise PortTakenError."""
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as exc:
        if exc.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(f"port {port} on {host} is taken by another program") from exc


def listen_on_free_port(host: str, candidates: Iterator[int]) -> socket.socket:
    """Listen on the first candidate that is free."""
    for port in itertools.islice(candidates, LAST_PORT - FIRST_PORT + 1):
        try:
            return listen(host, port)
        except PortTakenError:
            continue
    raise NoPortLeftError(f"no free port between {FIRST_PORT} and {LAST_PORT} on {host}")


def port_candidates(state_dir: Path) -> Iterator[int]:
    """Go round the range from a place of the state folder's own: so control planes stay out of each other's way."""
    digest = hashlib.sha256(str(state_dir.resolve()).encode()).digest()
    size = LAST_PORT - FIRST_PORT + 1
    start = int.from_bytes(digest[:4]) % size
    return (FIRST_PORT + (start + step) % size for step in itertools.count())
