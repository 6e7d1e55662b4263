"""Exceptions that user code let out, as the host is told of them."""

from __future__ import annotations

import traceback
from pathlib import Path

from .conversion import Answer


def error_answer(error: BaseException) -> Answer:
    """Report an exception that user code let out, its message unescaped."""
    texts = (message_of(error), format_user_traceback(error))
    parts = tuple(text.encode(errors="backslashreplace") for text in texts)
    return Answer({"kind": "error", "type": type(error).__name__}, parts)


def message_of(error: BaseException) -> str:
    """Return `str(error)`, whatever the exception's own `__str__` does."""
    try:
        return str(error)
    except Exception:  # Boundary: without an answer the invocation would hang
        return "(its message could not be read)"


def format_user_traceback(error: BaseException) -> str:
    """Format an exception without the worker's own calls above user code: people want to see theirs."""
    own_folder = str(Path(__file__).parent)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith((own_folder, "<frozen importlib")):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))
