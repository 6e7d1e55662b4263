"""Starts what is measured, as processes of its own, and ends them by their process id."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RunningHost:
    """A Functions host with the chain app."""

    url: str
    key: str
    pid: int
    ready_seconds: float


def free_port() -> int:
    """Find a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None, log: Path) -> Iterator[int]:
    """Run a command for the length of the block; yields its pid."""
    with log.open("ab") as out:
        child = subprocess.Popen(command, env={**os.environ, **(env or {})}, cwd=cwd, stdout=out, stderr=out)
    try:
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_until_answering(url: str, seconds: float = 30) -> None:
    """Wait until the URL gives any HTTP answer below 500."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError as answer:
            if answer.code < 500:
                return
        except OSError:
            pass
        else:
            return
        time.sleep(0.02)
    raise TimeoutError(f"{url} did not answer within {seconds} s")


@contextlib.contextmanager
def functions_host(state: Path, *, workers: int = 1, app: Path = HERE / "chain_app") -> Iterator[RunningHost]:
    """Run `func start` on an app with its state in a folder."""
    port, began = free_port(), time.perf_counter()
    command = (sys.executable, "-m", "local_azure.functions_host", "start", "--port", str(port))
    where = ("--script-root", str(app), "--state-dir", str(state))
    state.mkdir(parents=True, exist_ok=True)
    env = {"FUNCTIONS_WORKER_PROCESS_COUNT": str(workers)}
    with process(*command, *where, env=env, cwd=HERE.parent, log=state / "host.log") as pid:
        wait_until_answering(f"http://127.0.0.1:{port}/admin/host/ping")
        ready = time.perf_counter() - began
        secrets = json.loads((state / "secrets.json").read_text())
        yield RunningHost(f"http://127.0.0.1:{port}", secrets["masterKey"], pid, ready)


def memory_megabytes(pid: int, kind: str) -> float:
    """Return a process's `Rss` (all it has mapped), or its `Pss` (of what several share, its part)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{kind}:")) / 1024


def megabytes_together(pids: list[int]) -> float:
    """Return what processes have resident between them: the memory of each, and every file they map once.

    A sum of `Rss` counts shared files twice, and `Pss` depends on what else runs on the machine.
    """
    own, files = 0, Counter[str]()
    for kilobytes, mapped in map(resident_kilobytes, pids):
        own += kilobytes
        files |= mapped  # the larger part of each
    return (own + files.total()) / 1024


def resident_kilobytes(pid: int) -> tuple[int, Counter[str]]:
    """Return what a process has resident of its own, and of each file that it maps."""
    own, files, path = 0, Counter[str](), ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "Rss":
            files[path] += int(rest.split()[0])
        elif name == "Anonymous":
            own += int(rest.split()[0])
            files[path] -= int(rest.split()[0])
        elif "-" in name:  # the head of a mapping: addresses, rights, place, device, inode, and the path of a file
            path = " ".join(line.split()[5:])
    return own, files


def descendants(pid: int) -> list[int]:
    """List the processes below one."""
    children = [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*children, *(grandchild for child in children for grandchild in descendants(child))]
