"""What user code prints and logs goes to the worker's own stdout and stderr, which the host forwards."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextvars import ContextVar

LEVEL_SETTING = "_FUNCTIONS_HOST_LOG_LEVEL"

running_function: ContextVar[str] = ContextVar("running_function", default="")


class FunctionNameFilter(logging.Filter):
    """Adds the name of the running function to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Annotate the record and let it pass."""
        name = running_function.get()
        record.function = f"{name}: " if name else ""
        return True


def set_up_logging() -> None:
    """Send records of the root logger to stderr and write both streams line by line.

    Line by line: a worker that is killed has already handed over what it printed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    out = logging.StreamHandler(sys.stderr)
    out.addFilter(FunctionNameFilter())
    out.setFormatter(logging.Formatter("%(levelname)s %(function)s[%(name)s] %(message)s"))
    root = logging.getLogger()
    root.addHandler(out)
    root.setLevel(os.environ.get(LEVEL_SETTING, "INFO"))
