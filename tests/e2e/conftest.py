"""The whole product as a fixture, and what a test does to it and asks of it."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rich.console import Console

from devstack.control_plane import free_port
from devstack.line_watch import line_in
from devstack.narrator import Narrator
from devstack.pace import BRISK
from devstack.router_calls import RouterCalls, StoryError
from devstack.router_site import SITE, await_ready
from devstack.stack import Stack
from router_cli.packaging import pack_folder

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "orders"
Json = dict[str, Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


class Product:
    """A running stack as its users and its enemies see it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.calls = RouterCalls(stack.url, stack.keys, Narrator(Console(quiet=True)))

    def put_release(self, version: str) -> Json:
        package = pack_folder(EXAMPLES / version)
        # Usually 202; 200 when an earlier try, whose answer was lost, has deployed it already.
        return dict(self.calls.show("release", "PUT", f"orders/releases/{version}", expect=None, package=package))

    def release(self, version: str) -> Json:
        self.put_release(version)
        return self.await_release(version)

    def await_release(self, version: str, status: str = "active", seconds: float = 45) -> Json:
        return self._await("release", f"orders/releases/{version}", lambda found: found["status"] == status, seconds)

    def await_line(self, name: str, status: str, seconds: float = 45) -> Json:
        routes = self._await("admin", "orders/routes", lambda found: line_in(found, name)["status"] == status, seconds)
        return line_in(routes, name)

    def start(self, key: str, version: str = "") -> str:
        path = f"orders/orchestrations/place_order/{key}" + (f"?version={version}" if version else "")
        started = self.calls.show("client", "POST", path, expect=202, body={"item": "book", "quantity": 1})
        return str(started["id"])

    def await_payment_step(self, order: str) -> Json:
        return self._await(
            "client", f"orders/instances/{order}", lambda found: found["customStatus"] == "waiting for payment", 30
        )

    def pay(self, order: str) -> None:
        path = f"orders/instances/{order}/raiseEvent/payment"
        self.calls.show("client", "POST", path, expect=202, body={"method": "card"})

    def await_end(self, order: str) -> Json:
        ended = ("Completed", "Failed", "Terminated")
        return self._await("client", f"orders/instances/{order}", lambda found: found["runtimeStatus"] in ended, 30)

    def routes(self) -> Json:
        return dict(self.calls.look("admin", "orders/routes"))

    def sites(self) -> dict[str, Json]:
        return {site["name"]: site for site in self.stack.arm.list_running_sites()}

    def kill_router_host(self) -> None:
        os.kill(int(self.sites()[SITE]["pid"]), signal.SIGKILL)

    def revive_control_plane(self) -> None:
        """Start it again as `make run` would after a power cut."""
        self.stack.azure.start()
        await_ready(self.stack.url, self.stack.keys, self.stack.router_log)

    def _await(self, role: str, path: str, is_reached: Callable[[Json], bool], seconds: float) -> Json:
        """Read until something is so; the router may be away for a moment, because a test has killed it."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                left = max(0.1, deadline - time.monotonic())
                return dict(self.calls.await_state(role, path, is_reached, seconds=left, what=f"{path} as wanted"))
            except StoryError:
                if time.monotonic() > deadline:
                    raise


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with Stack(tmp_path / "state", port=free_port(), pace=BRISK, tell=print) as stack:
        yield Product(stack)


@pytest.fixture
def product_of() -> Callable[[Stack], Product]:
    return Product


@pytest.fixture(autouse=True)
def show_logs_on_failure(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """After a failure, the last words of every process."""
    failed_before = request.session.testsfailed
    yield
    if request.session.testsfailed > failed_before:
        for log in sorted((tmp_path / "state").rglob("*.log")):
            print(f"--- {log}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-40:]))
