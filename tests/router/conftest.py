"""A whole router on a local Azure, with real processes, shared by the end-to-end tests of this folder."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dataclasses import replace

from backend_traces import backend_traces
from router_driver import RouterDriver
from storied_package import STORIED
from version_package import zip_version

from devstack.control_plane import free_port
from devstack.pace import BRISK
from devstack.stack import Stack

# So long that no test gets through by waiting until the gate gives up.
PACE = replace(BRISK, gate_deadline=600)


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, port=free_port(), pace=PACE, tell=lambda _: None) as running:
        yield running


@pytest.fixture(scope="module")
def open_router(stack):
    """Open drivers for applications of the shared router."""
    keys = {"client": stack.keys.client, "release": stack.keys.release, "admin": stack.keys.admin}
    drivers = []

    def open_one(application):
        drivers.append(RouterDriver(stack.url, keys, application))
        return drivers[-1]

    yield open_one
    for driver in drivers:
        driver.close()


@pytest.fixture(scope="session")
def storied(stack):
    """An application with a past: 1.0 is retired, 1.1 is live and superseded, 1.2 is current."""
    keys = {"client": stack.keys.client, "release": stack.keys.release, "admin": stack.keys.admin}
    router = RouterDriver(stack.url, keys, "storied")
    router.deploy("1.0.0", zip_version("1.0.0", more=STORIED))
    router.past_traces = backend_traces(stack)
    for number in range(3):
        assert router.start("echo", {"old": number}, key=f"old-{number}").status_code == 202
    router.start("fail", key="old-failed")
    router.call("client", "POST", "/v/1.0/http/own-start")
    router.call("client", "POST", "/v/1.0/http/leak", params={"id": "1.0~leak"})
    for name in ("old-0", "old-1", "old-2", "old-failed", "leak"):
        router.finished(f"1.0~{name}")
    router.deploy("1.1.0", zip_version("1.1.0", more=STORIED))
    router.await_line("1.0", "retired")
    router.call("admin", "PUT", "/policy", json={"keep_last": 10})
    router.deploy("1.2.0", zip_version("1.2.0", more=STORIED))
    yield router
    router.close()
