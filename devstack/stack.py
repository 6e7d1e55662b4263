"""The whole product on one machine: a local Azure, and on it the router."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from devstack.arm import Arm
from devstack.control_plane import ControlPlane
from devstack.errors import StackError
from devstack.keys import RouterKeys, load_or_create_keys
from devstack.pace import Pace
from devstack.router_site import SITE, Tell, await_ready, deploy_router, router_settings

T = TypeVar("T")


class Stack:
    """Starts everything from a state folder, and ends everything it started. A later start goes on with the state."""

    def __init__(self, state_dir: Path, *, port: int, pace: Pace, tell: Tell) -> None:
        """Serve the local Azure on `port`; report each stage of the start to `tell`."""
        self.state_dir = state_dir.resolve()
        self.azure = ControlPlane(self.state_dir / "azure", port)
        self.keys_file = self.state_dir / "keys.json"
        self.router_log = self.state_dir / "azure" / "sites" / SITE / "host.log"
        self._pace = pace
        self._tell = tell
        self._lock: int | None = None
        self._arm: Arm | None = None
        self._keys: RouterKeys | None = None
        self._url: str | None = None

    def __enter__(self) -> "Stack":
        """Start."""
        try:
            self.start()
        except BaseException:
            # Also on Ctrl-C in the middle of the start: nothing of ours may stay behind.
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    @property
    def url(self) -> str:
        """Return the router's URL."""
        return _started(self._url)

    @property
    def keys(self) -> RouterKeys:
        """Return the router's keys."""
        return _started(self._keys)

    @property
    def arm(self) -> Arm:
        """Return a client of the local Azure."""
        return _started(self._arm)

    def start(self) -> None:
        """Start the local Azure, put the router on it, and wait until the router answers."""
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self._lock = _lock_folder(self.state_dir)
        self._keys = load_or_create_keys(self.keys_file)
        self._tell("starting the local Azure")
        bootstrap = self.azure.start()
        self._arm = Arm(bootstrap)
        store = self.state_dir / "store"
        store.mkdir(exist_ok=True)
        settings = router_settings(bootstrap, store, self._keys, self._pace)
        self._url = deploy_router(self._arm, settings, self.state_dir / "published-digest", self._tell)
        self._tell("waiting for the router")
        await_ready(self._url, self._keys, self.router_log)

    def stop(self) -> None:
        """End what was started; do nothing when nothing was."""
        self.azure.stop()
        if self._arm is not None:
            self._arm.close()
            self._arm = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _started(value: T | None) -> T:
    if value is None:
        raise StackError("the stack is not started")
    return value


def _lock_folder(folder: Path) -> int:
    """Keep a second start off the same state; the lock goes with this process, however it ends."""
    handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        os.close(handle)
        raise StackError(f"another start already uses {folder}: end it, or choose another folder with --state") from exc
    return handle
