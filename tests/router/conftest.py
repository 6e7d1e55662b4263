"""A whole router on a local Azure, with real processes, shared by the end-to-end tests of this folder."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dataclasses import replace

from router_driver import RouterDriver

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
