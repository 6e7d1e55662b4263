"""The local Azure's control plane as a child process."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from devstack.arm import Bootstrap
from devstack.errors import StackError

LOOPBACK = "127.0.0.1"
READY_SECONDS = 30.0
STOP_SECONDS = 20.0


class ControlPlane:
    """Starts, watches and ends `python -m local_azure serve`."""

    def __init__(self, state_dir: Path, port: int) -> None:
        """Keep its state in `state_dir` and serve on `port`."""
        self.state_dir = state_dir
        self.port = port
        self.log = state_dir / "control-plane.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None

    @property
    def pid(self) -> int:
        """Return the id of the running process."""
        return self._running().pid

    def start(self) -> Bootstrap:
        """Start it and wait until it answers."""
        refuse_taken_port(self.port)
        self.state_dir.mkdir(parents=True, exist_ok=True)
        bootstrap = self.state_dir / "bootstrap.json"
        # A file of an earlier start would look like readiness.
        asked_at = time.time()
        command = [sys.executable, "-m", "local_azure", "serve"]
        command += ["--port", str(self.port), "--state", str(self.state_dir)]
        # It ends in order when we die, however we do: the pipe's other end closes with us.
        watched, self._lifeline = os.pipe()
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches only us, and we end it in order.
            self._process = subprocess.Popen(
                [*command, "--exit-with-fd", str(watched)],
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[watched],
            )
        os.close(watched)
        self._await_ready(bootstrap, asked_at)
        return Bootstrap.read(bootstrap)

    def stop(self) -> None:
        """End it in order; it ends the sites it runs."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forget()

    def kill(self) -> None:
        """End it as a crash would."""
        process = self._running()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self._forget()

    def has_ended(self) -> bool:
        """Tell whether the process ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def _forget(self) -> None:
        self._process = None
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise StackError("the local Azure is not running")
        return self._process

    def _await_ready(self, bootstrap: Path, asked_at: float) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.has_ended():
                break
            if bootstrap.exists() and bootstrap.stat().st_mtime >= asked_at and self._answers():
                return
            time.sleep(0.05)
        self.stop()
        raise StackError(f"the local Azure did not start; its last words ({self.log}):\n{last_lines(self.log)}")

    def _answers(self) -> bool:
        try:
            httpx.get(f"http://{LOOPBACK}:{self.port}/", timeout=2)
        except httpx.TransportError:
            return False
        return True


def refuse_taken_port(port: int) -> None:
    """Raise a StackError when somebody else serves on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as exc:
            message = f"port {port} is taken. Is another `make run` up? End it, or choose a port: --port {port + 100}"
            raise StackError(message) from exc


def free_port() -> int:
    """Return a port that nobody serves on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def last_lines(file: Path, count: int = 15) -> str:
    """Return the end of a log; empty when there is none."""
    return "" if not file.exists() else "\n".join(file.read_text(errors="replace").splitlines()[-count:])
