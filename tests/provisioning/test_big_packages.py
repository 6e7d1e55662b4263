"""A big package is carried piece by piece: what it takes of memory does not depend on its size."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MEBIBYTES = 208
MOST_MEBIBYTES = 32
"""For what is held at once on the way: buffers, and what the libraries keep."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    made = tmp_path_factory.mktemp("big")
    yield made
    shutil.rmtree(made)


@pytest.fixture
def carry(folder: Path, azurite_key: str) -> Callable[..., None]:
    """Return a function that runs a step in a process of its own, and checks what memory that took."""

    def run(step: str, url: str, **environment: str) -> None:
        command = [sys.executable, str(Path(__file__).with_name("big_package.py")), str(MEBIBYTES), step]
        given = {**os.environ, "PYTHONPATH": str(CHECKOUT), "BLOB_KEY": azurite_key, **environment}
        ended = subprocess.run([*command, str(folder), url], env=given, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        took = json.loads(ended.stdout)
        assert took["package"] > 200
        assert took["peak"] - took["before"] < MOST_MEBIBYTES, took

    return run


@pytest.fixture(params=["directory", "blob"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path, azurite_key: str) -> str:
    if request.param == "directory":
        return f"file://{tmp_path}/store"
    from azure.storage.blob import ContainerClient

    url = f"{request.getfixturevalue('azurite')}/c{uuid.uuid4().hex}"
    ContainerClient.from_container_url(url, credential=azurite_key).create_container()
    return url


def test_a_package_is_received_stored_and_fetched_piece_by_piece(carry, folder, store_url):
    carry("receive_and_put", store_url)
    shutil.rmtree(folder / "work")
    carry("fetch", store_url)
    shutil.rmtree(folder / "work")


def test_a_package_is_checked_and_read_piece_by_piece(carry, folder):
    carry("check", f"file://{folder}/store")


def test_a_package_is_published_piece_by_piece(carry, folder, swallowing_server):
    carry("publish", f"file://{folder}/store", SCM=swallowing_server)


@pytest.fixture
def swallowing_server():
    """A server that takes whatever is posted without keeping it."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            left = int(self.headers["Content-Length"])
            while left > 0:
                left -= len(self.rfile.read(min(left, 1024 * 1024)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
