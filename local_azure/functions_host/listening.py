"""The socket that the host serves on: its own, or one that its parent keeps open across restarts."""

import socket

BACKLOG = 1024


class PortTaken(Exception):  # noqa: N818 - reads better where it is raised
    """The address cannot be listened on; the message says why."""


def open_listener(host: str, port: int, inherited_fd: int | None) -> socket.socket:
    """Return a listening socket; clients that connect from now on wait until the host serves."""
    if inherited_fd is not None:
        return socket.socket(fileno=inherited_fd)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror}; try another --port") from error
    return listener


def loopback_origin(listener: socket.socket) -> str:
    """Return the origin under which a process of this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # nosec B104 # compared with, not listened on
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
