"""Gets hold of exceptions that Microsoft's worker library only tells the text of.

The library hands over `repr(exception)`. The host needs the type and the message as it is; the library logs the
exception itself first, so that is where it is taken from.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

LIBRARY_LOGGER = "azure.functions"
MESSAGES = {"Native invocation failed", "Native sync invocation failed"}


class FailureCatcher(logging.Filter):
    """Keeps the exceptions of the running invocation out of the log, and for whoever watches."""

    def __init__(self) -> None:
        super().__init__()
        self._caught: ContextVar[list[BaseException] | None] = ContextVar("caught", default=None)

    @classmethod
    def installed(cls) -> FailureCatcher:
        """Return one that the library's logger goes through; what the library says of itself is left out."""
        catcher = cls()
        logger = logging.getLogger(LIBRARY_LOGGER)
        logger.addFilter(catcher)
        logger.setLevel(logging.WARNING)
        return catcher

    @contextlib.contextmanager
    def watching(self) -> Iterator[list[BaseException]]:
        """Collect the exceptions of the present task."""
        found: list[BaseException] = []
        token = self._caught.set(found)
        try:
            yield found
        finally:
            self._caught.reset(token)

    def filter(self, record: logging.LogRecord) -> bool:
        """Take an exception that somebody watches for; let all else pass."""
        found = self._caught.get()
        if found is None or record.msg not in MESSAGES or not record.exc_info or record.exc_info[1] is None:
            return True
        found.append(record.exc_info[1])
        return False
