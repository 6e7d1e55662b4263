"""Reads the timestamps of a history faster than the SDK does, with the same result.

The 1.x SDK parses the timestamp of every event at every replay with dateutil's guessing parser: more than half of an
orchestrator's turn. The host writes one form only, so that form is read here without guessing; dateutil gets the rest.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

SDK_MODULE = "azure.durable_functions.models.history.HistoryEvent"
REMEMBERED = 2048
HOST_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z", re.ASCII)


class OtherFormError(ValueError):
    """The text is not in the form that the host writes."""


def speed_up_history() -> bool:
    """Give the loaded SDK the faster reader; tell whether there was one to give it to."""
    module: Any = sys.modules.get(SDK_MODULE)
    original = getattr(module, "dt_parse", None)
    if original is None:
        return False
    module.dt_parse = timestamp_reader(original)
    return True


def timestamp_reader(original: Callable[..., datetime]) -> Callable[..., datetime]:
    """Wrap dateutil's `parse`: the host's own form is read directly, into what `parse` would return."""
    # What `Z` means to dateutil depends on the machine: tzutc(), or tzlocal() where the local time is UTC.
    utc = original("2000-01-01T00:00:00Z").tzinfo
    is_host_form = HOST_FORM.fullmatch

    # A turn's events share one timestamp, and every replay reads those of all turns before.
    @functools.lru_cache(REMEMBERED)
    def read_host_form(timestamp: str) -> datetime:
        if not is_host_form(timestamp):
            raise OtherFormError(timestamp)
        return datetime.fromisoformat(timestamp[:-1]).replace(tzinfo=utc)

    def read(timestamp: Any, *arguments: Any, **options: Any) -> datetime:
        if not (arguments or options) and isinstance(timestamp, str):
            # An exception is not remembered: what dateutil makes of a text may depend on the day.
            with contextlib.suppress(OtherFormError):
                return read_host_form(timestamp)
        return original(timestamp, *arguments, **options)

    return read
