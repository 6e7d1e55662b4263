"""Keeps out of a host's memory what the libraries that it serves with import and serving never uses.

That is TLS (a host serves plain HTTP on the loopback interface) and the client half of aiohttp: together a quarter of
what a host had resident. Only for the host's own process; the worker imports what the app imports, as it is.
"""

import contextlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

# asyncio, aiohttp and hashlib do without these when they are absent.
TLS = ("ssl", "_hashlib")
SERVER = "aiohttp"
VERSION_LINE = re.compile(r'^__version__\s*=\s*"([^"]+)"', re.MULTILINE)


@contextlib.contextmanager
def without_tls() -> Iterator[None]:
    """Make the modules of TLS absent for the imports of the block; later imports find them."""
    hidden = [name for name in TLS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is the documented way to hide one
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def leave_out_client() -> None:
    """Make `aiohttp.web` importable without the rest of its package, which is mostly the client."""
    spec = importlib.util.find_spec(SERVER)
    if SERVER in sys.modules or spec is None or spec.origin is None:
        return
    version = VERSION_LINE.search(Path(spec.origin).read_text())
    if version is None:
        return  # not laid out as known: then as a whole
    package = importlib.util.module_from_spec(spec)
    # The only name of the package that its server part asks for.
    package.__dict__["__version__"] = version[1]
    sys.modules[SERVER] = package
