"""Which of several hosts on one state directory fires its timers: the one that holds a file lock."""

import asyncio
import fcntl
import os
from pathlib import Path

FILE_NAME = "timers.lock"
RETRY_S = 2.0


class PrimaryLock:
    """A lock that the system releases when its process ends, however it ends."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE_NAME
        self._handle: int | None = None

    async def acquire(self) -> None:
        """Wait until this host is the primary."""
        while not self.try_acquire():  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(RETRY_S)

    def try_acquire(self) -> bool:
        """Become the primary unless another host is."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Stop being the primary."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
