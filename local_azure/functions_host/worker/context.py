"""The invocation context that a function gets when it has a parameter called `context`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

_thread_local = threading.local()


@dataclass(frozen=True)
class TraceContext:
    """W3C trace context of the invocation, under both spellings the SDK documents."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def Traceparent(self) -> str:  # noqa: N802 - the SDK's older spelling
        """Return `trace_parent`."""
        return self.trace_parent

    @property
    def Tracestate(self) -> str:  # noqa: N802 - the SDK's older spelling
        """Return `trace_state`."""
        return self.trace_state

    @property
    def Attributes(self) -> dict[str, str]:  # noqa: N802 - the SDK's older spelling
        """Return `attributes`."""
        return self.attributes


@dataclass(frozen=True)
class RetryContext:
    """Which attempt of a retry policy this is; this host retries no trigger, so it is always the first."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: Any = None


@dataclass(frozen=True)
class InvocationContext:
    """Who is being invoked, and on whose behalf."""

    function_name: str
    function_directory: str
    invocation_id: str
    trace_context: TraceContext
    retry_context: RetryContext = RetryContext()

    @property
    def thread_local_storage(self) -> threading.local:
        """Return the storage that carries the invocation id into threads that user code starts."""
        return _thread_local
