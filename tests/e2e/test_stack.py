"""The commands a newcomer types, on real processes."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devstack.control_plane import free_port
from devstack.pace import BRISK
from devstack.stack import Stack

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "examples" / "orders"

pytestmark = pytest.mark.timeout(180)


def test_the_demo_plays_to_its_end_within_a_minute(record_property) -> None:
    began = time.monotonic()
    command = [sys.executable, "-m", "devstack", "demo"]
    result = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "100"}
    )
    took = time.monotonic() - began
    record_property("seconds", took)
    print(f"the demo took {took:.1f} s")
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr
    assert "Every step went as it must" in result.stdout
    assert took < 60
    assert max(len(line) for line in result.stdout.splitlines()) <= 100


def test_a_second_start_goes_on_with_everything(tmp_path: Path, product_of) -> None:
    state = tmp_path / "state"
    with Stack(state, port=free_port(), pace=BRISK, tell=print) as first:
        product = product_of(first)
        product.release("1.0.0")
        order = product.start("overnight")
        product.await_payment_step(order)
        before = (first.url, first.keys, product.routes())
    told: list[str] = []
    with Stack(state, port=first.azure.port, pace=BRISK, tell=told.append) as second:
        product = product_of(second)
        routes = product.routes()
        assert (second.url, second.keys, routes["lines"]) == (before[0], before[1], before[2]["lines"])
        assert not any("publishing" in stage for stage in told), "the same code was published again"
        product.pay(order)
        assert product.await_end(order)["runtimeStatus"] == "Completed"


def test_nothing_is_left_running_after_a_stop(tmp_path: Path, product_of) -> None:
    with Stack(tmp_path / "state", port=free_port(), pace=BRISK, tell=print) as stack:
        pids = [stack.azure.pid, *(int(site["pid"]) for site in product_of(stack).sites().values())]
        assert len(pids) == 2
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_nothing_is_left_running_after_make_run_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devstack", "run", "--port", str(free_port()), "--state", str(tmp_path)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C stops everything" in line:
                break
        descendants = processes_that_use(tmp_path)
        process.kill()
    assert len(descendants) >= 2
    deadline = time.monotonic() + 20
    while left := processes_that_use(tmp_path):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.1)


def processes_that_use(folder: Path) -> list[str]:
    """Find the processes whose command line names the folder, except the one that the test started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command and "devstack" not in command:
            found.append(command)
    return found


def test_a_taken_port_ends_make_run_with_one_readable_line(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "devstack", "run", "--port", str(port), "--state", str(tmp_path)]
        result = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert re.fullmatch(rf"devstack: port {port} is taken\..*--port \d+\n", result.stderr)


def test_the_commands_of_the_readme_work(product) -> None:
    environment = {
        **os.environ,
        "DURABLE_ROUTER_URL": product.stack.url,
        "DURABLE_ROUTER_KEY": product.stack.keys.admin,
        "COLUMNS": "100",
    }

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "router_cli", *arguments]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    released = run("release", "orders", "1.0.0", str(EXAMPLES / "1.0.0"), "--wait")
    assert released.splitlines()[-1] == "orders 1.0.0 is active"
    started = run("start", "orders", "place_order", "--id", "ann", "--input", '{"item": "book", "quantity": 2}')
    assert started.startswith("1.0~ann")
    product.await_payment_step("1.0~ann")
    run("raise", "orders", "1.0~ann", "payment", "--data", '{"method": "card"}')
    assert "Completed" in run("status", "orders", "1.0~ann", "--wait", "20")
    assert "1.0.0" in run("routes", "orders")
    assert "register_release" in run("log", "orders")
    run("keep", "orders", "1.0", "--reason", "audit")
    assert product.routes()["lines"][0]["keep"] == "audit"
