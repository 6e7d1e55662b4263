"""What the host keeps out of its memory, and that it is there for whoever asks for it later."""

import hashlib
import subprocess
import sys
import uuid

SERVES = """
import sys
from local_azure.functions_host.lean_imports import leave_out_client, without_tls

leave_out_client()
with without_tls():
    from local_azure.functions_host import host
    from local_azure.functions_host import durable_part
print(sorted({"ssl", "_ssl", "_hashlib", "aiohttp.client", "aiohttp.connector", "aiohttp.web"} & set(sys.modules)))
print(host.web.Response(text="x").headers["Content-Type"])

import hashlib, ssl, uuid
from aiohttp.http import SERVER_SOFTWARE
print(ssl.create_default_context().verify_mode.name)
print(hashlib.sha256(b"x").hexdigest()[:8], uuid.uuid5(uuid.NAMESPACE_OID, "x"))
print(SERVER_SOFTWARE.split()[1] == "aiohttp/" + __import__("importlib.metadata").metadata.version("aiohttp"))
"""
WHOLE = """
import aiohttp, sys
from local_azure.functions_host.lean_imports import leave_out_client, without_tls

leave_out_client()
with without_tls():
    import ssl
print(aiohttp.ClientSession.__name__, ssl.__name__)
"""


def run(source: str) -> list[str]:
    """Run a program in an interpreter of its own; gives its lines."""
    return subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True).stdout.split("\n")


def test_the_host_is_imported_without_tls_and_without_a_client():
    assert run(SERVES)[:5] == [
        "['aiohttp.web']",
        "text/plain; charset=utf-8",
        "CERT_REQUIRED",
        f"{hashlib.sha256(b'x').hexdigest()[:8]} {uuid.uuid5(uuid.NAMESPACE_OID, 'x')}",  # as OpenSSL has them
        "True",
    ]


def test_what_was_imported_before_stays_whole():
    assert run(WHOLE)[0] == "ClientSession ssl"
