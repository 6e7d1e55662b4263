"""What is sent to a worker for one invocation, and what comes back; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_azure.functions_host.ports import InvocationResult, UserError
from local_azure.functions_host.workers.frames import Frame


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of one function: the fields of its header, and its payloads (the trigger's first)."""

    function: str
    header: Mapping[str, Any]
    parts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class HttpCall:
    """The HTTP request as the function will see it."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What an HTTP-triggered function gave back; a status of 204 when it returned None."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""


def http_invocation(function: str, call: HttpCall, inputs: Sequence[str]) -> Invocation:
    """Build the invocation of an HTTP-triggered function; `inputs` are the texts of its other bindings, in order."""
    http = {
        "method": call.method,
        "url": call.url,
        "headers": call.headers,
        "params": call.params,
        "query": call.query,
    }
    header = {"http": http, **trace_fields(call.headers)}
    return Invocation(function, header, (call.body, *(text.encode() for text in inputs)))


def text_invocation(
    function: str, payload: str, *, datum: str, inputs: Sequence[str] = (), metadata: Mapping[str, str] | None = None
) -> Invocation:
    """Build the invocation of a function whose trigger gets text; `datum` is `string` or `json`."""
    header: dict[str, Any] = {"datum": datum}
    if metadata:
        header["metadata"] = metadata
    return Invocation(function, header, (payload.encode(), *(text.encode() for text in inputs)))


def trace_fields(headers: Mapping[str, str]) -> dict[str, str]:
    """Pick the W3C trace headers."""
    return {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}


def user_error(frame: Frame) -> UserError | None:
    """Return the exception that user code let out, if that is what the frame says."""
    if frame.header["kind"] != "error":
        return None
    message, trace = (part.decode() for part in frame.parts)
    return UserError(frame.header["type"], message, trace)


def durable_result(frame: Frame) -> InvocationResult:
    """Read the result of an orchestrator, activity or entity."""
    if error := user_error(frame):
        return InvocationResult(error=error)
    # The text `null` is an activity that returned nothing (PROTOCOL section 2).
    value = frame.parts[0].decode() if frame.parts else None
    return InvocationResult(value=None if value == "null" else value)


def http_answer(frame: Frame) -> HttpAnswer:
    """Read the answer of an HTTP-triggered function that did not fail."""
    if frame.header["kind"] != "http":
        return HttpAnswer()
    header = frame.header
    return HttpAnswer(header["status"], header["headers"], tuple(header.get("cookies", ())), frame.parts[0])
