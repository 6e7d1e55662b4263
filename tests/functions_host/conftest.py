"""Real apps in temporary folders, served by real host processes."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

MICROSOFT = "microsoft"
MICROSOFT_VENV_SETTING = "MICROSOFT_WORKER_VENV"
HAS_LIBRARY = importlib.util.find_spec("azure_functions_runtime") is not None
# What stands for all when the library has to run in an environment beside this one.
REPRESENTATIVE = {"test_patterns", "test_durable_app", "test_http_triggers", "test_call_http"}
NO_LIBRARY = pytest.mark.skip(
    reason="Microsoft's worker library needs Python 3.13: run the tests with it, or name an environment that has"
    f" azure-functions, azure-functions-durable and azure-functions-runtime in {MICROSOFT_VENV_SETTING}"
)
READY = re.compile(r"Ready: listening on (http://\S+) \(state (\w+)\)")
PATIENCE_S = 30.0


def eventually(condition: Callable[[], Any], *, within_s: float = PATIENCE_S) -> Any:
    """Return the first true value of the condition; fail when there is none in time."""
    end = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not true within {within_s} s"
        time.sleep(0.02)
    return value


@dataclass
class RunningHost:
    """A host process and what a client of it needs."""

    process: subprocess.Popen[bytes]
    log_file: Path
    folder: Path
    state_dir: Path

    @property
    def log(self) -> str:
        """Return what the host has printed so far."""
        return self.log_file.read_text()

    @property
    def secrets(self) -> dict[str, Any]:
        """Return the keys."""
        return json.loads((self.state_dir / "secrets.json").read_text())

    @property
    def master(self) -> dict[str, str]:
        """Return the header that opens the admin API."""
        return {"x-functions-key": self.secrets["masterKey"]}

    def wait_for_log(self, text: str, *, times: int = 1) -> str:
        """Wait until the host has printed a text so many times."""
        eventually(lambda: self.log.count(text) >= times)
        return self.log

    def wait_until_ready(self) -> "RunningHost":
        """Wait for the ready line and connect a client."""

        def ready() -> re.Match[str] | None:
            assert self.process.poll() is None, self.log
            return READY.search(self.log)

        match = eventually(ready)
        self.url, self.state = match[1], match[2]
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE_S)
        return self

    def worker_pid(self) -> int:
        """Return the process id of the host's only worker."""
        return eventually(lambda: next(iter(child_pids(self.process.pid)), None))

    def kill(self) -> None:
        """End the host as a power cut would, and leave its state behind."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """End the host gracefully; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


def child_pids(pid: int) -> list[int]:
    """Return the processes whose parent is `pid`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def write_app(folder: Path, source: str, *, host_json: str = '{"version": "2.0"}', **files: str) -> Path:
    """Write an app folder; the names of more files have `__` for the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "function_app.py").write_text(source)
    (folder / "host.json").write_text(host_json)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


class Hosts:
    """Starts hosts and ends them all when the tests are done."""

    def __init__(self, folder: Path, loader: str) -> None:
        self.folder = folder
        self._loader = loader
        self._started: list[RunningHost] = []

    def start(self, app: Path, *arguments: str, pass_fds: tuple[int, ...] = (), **settings: str) -> RunningHost:
        """Start a host on an app folder; it has the ready line printed when this returns."""
        if self._loader == MICROSOFT and not HAS_LIBRARY:
            app = self._with_library(app)
        number = len(self._started) + 1
        log_file = self.folder / f"host-{number}.log"
        address = () if "--fd" in arguments else ("--port", "0")
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "local_azure.functions_host", "start", *address, *arguments],
                cwd=app,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                pass_fds=pass_fds,
                env={**os.environ, "LOCAL_AZURE_WORKER": self._loader, **settings},
            )
        host = RunningHost(process, log_file, app, app / ".local_azure")
        self._started.append(host)
        return host.wait_until_ready()

    def _with_library(self, app: Path) -> Path:
        """Give the app the environment that has the library; a committed app is copied first."""
        if not app.is_relative_to(self.folder):
            app = shutil.copytree(app, self.folder / app.name, dirs_exist_ok=True)
        if not (app / ".venv").exists():
            (app / ".venv").symlink_to(os.environ[MICROSOFT_VENV_SETTING])
        return app

    def end_all(self) -> None:
        """End what still runs."""
        for host in self._started:
            if host.process.poll() is None:
                host.kill()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run apps with this host's own worker code, and with Microsoft's library where that is at hand."""
    if "loader" in metafunc.fixturenames:
        values = loaders(metafunc.module.__name__.rpartition(".")[2])
        metafunc.parametrize("loader", values, indirect=True, scope="module")


def loaders(module: str) -> list[Any]:
    """Return the values of LOCAL_AZURE_WORKER that a test module is run with."""
    if HAS_LIBRARY:
        return [pytest.param("", id="own worker"), pytest.param(MICROSOFT, id=MICROSOFT)]
    if chosen := os.environ.get("LOCAL_AZURE_WORKER"):
        return [pytest.param(chosen, id=chosen)]
    if module not in REPRESENTATIVE:
        return [pytest.param("", id="own worker")]
    marks = () if os.environ.get(MICROSOFT_VENV_SETTING) else NO_LIBRARY
    return [pytest.param("", id="own worker"), pytest.param(MICROSOFT, id=MICROSOFT, marks=marks)]


@pytest.fixture(scope="module")
def loader(request: pytest.FixtureRequest) -> str:
    """What loads the apps: a value of LOCAL_AZURE_WORKER."""
    return request.param


@pytest.fixture(scope="module")
def module_hosts(tmp_path_factory: pytest.TempPathFactory, loader: str) -> Iterator[Hosts]:
    """Hosts that all tests of a module share."""
    hosts = Hosts(tmp_path_factory.mktemp("hosts"), loader)
    yield hosts
    hosts.end_all()


@pytest.fixture
def hosts(tmp_path: Path, loader: str) -> Iterator[Hosts]:
    """Hosts of one test."""
    started = Hosts(tmp_path, loader)
    yield started
    started.end_all()


@pytest.fixture(scope="session", name="write_app")
def write_app_fixture() -> Callable[..., Path]:
    """Give tests the function that writes an app folder."""
    return write_app


@pytest.fixture(scope="session", name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    """Give tests the function that waits for a condition."""
    return eventually


@pytest.fixture(scope="session", name="child_pids")
def child_pids_fixture() -> Callable[[int], list[int]]:
    """Give tests the function that lists a process's children."""
    return child_pids
