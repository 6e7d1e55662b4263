"""Between frames and what user code sees: Microsoft's converters, fed with the datums the real worker feeds them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from .channel import Frame
from .context import InvocationContext, TraceContext
from .converters import converter, datum_type
from .functions import CONTEXT_PARAMETER, Binding, LoadedFunction

HTTP_OUTPUT = "http"
T = TypeVar("T")


class Answer(NamedTuple):
    """The header fields and body parts of a result frame."""

    header: dict[str, Any]
    parts: tuple[bytes, ...] = ()


class Out(Generic[T]):
    """A `func.Out[...]` parameter: what user code sets is sent back."""

    def __init__(self) -> None:
        self._value: T | None = None

    def set(self, value: T) -> None:
        """Keep the value for the output."""
        self._value = value

    def get(self) -> T | None:
        """Return what was set."""
        return self._value


def call_arguments(function: LoadedFunction, frame: Frame, folder: str) -> dict[str, Any]:
    """Build the keyword arguments of one invocation."""
    header = frame.header
    metadata = strings(header.get("metadata", {}))
    arguments = {
        function.trigger.name: decode(function.trigger, trigger_datum(header, frame.parts[0]), metadata),
        **{output.name: Out() for output in function.outputs},
    }
    for binding, part in zip(function.inputs, frame.parts[1:], strict=True):
        arguments[binding.name] = decode(binding, datum_type()(part.decode(), "string"), metadata)
    if function.takes_context:
        arguments[CONTEXT_PARAMETER] = invocation_context(function, header, folder)
    return arguments


def decode(binding: Binding, datum: Any, metadata: Mapping[str, Any]) -> Any:
    """Turn a datum into the object that user code gets."""
    return converter(binding.type).decode(datum, trigger_metadata=metadata)


def trigger_datum(header: Mapping[str, Any], body: bytes) -> Any:
    """Build the trigger's datum: `http` with its dictionary, or text of type `string` or `json`."""
    datum = datum_type()
    http = header.get("http")
    if http is None:
        return datum(body.decode(), header["datum"])
    return datum(
        {
            "method": datum(http["method"], "string"),
            "url": datum(http["url"], "string"),
            "headers": strings(http["headers"]),
            "params": strings(http["params"]),
            "query": strings(http["query"]),
            "body": datum(body, "bytes"),
        },
        "http",
    )


def strings(values: Mapping[str, str]) -> dict[str, Any]:
    """Wrap every value as a string datum."""
    datum = datum_type()
    return {name: datum(value, "string") for name, value in values.items()}


def invocation_context(function: LoadedFunction, header: Mapping[str, Any], folder: str) -> InvocationContext:
    """Build the `context` argument."""
    trace = TraceContext(header.get("traceparent", ""), header.get("tracestate", ""))
    context = InvocationContext(function.name, folder, str(uuid.uuid4()), trace)
    context.thread_local_storage.invocation_id = context.invocation_id
    return context


def encode_result(function: LoadedFunction, value: Any, arguments: Mapping[str, Any]) -> Answer:
    """Turn what the function returned (or set on an Out parameter) into the answer frame."""
    if function.returns is not None and function.returns.type == HTTP_OUTPUT:
        return encode_http(value)
    for output in function.outputs:
        if output.type == HTTP_OUTPUT:
            value = arguments[output.name].get()
            return Answer({"kind": "none"}) if value is None else encode_http(value)
    trigger = converter(function.trigger.type)
    if not getattr(trigger, "has_implicit_output", bool)():
        return Answer({"kind": "none"})
    return text_answer(trigger.encode(value, expected_type=None))


def text_answer(datum: Any) -> Answer:
    """Write a datum of text."""
    if datum.value is None:
        return Answer({"kind": "none"})
    return Answer({"kind": "text"}, (str(datum.value).encode(errors="backslashreplace"),))


def encode_http(value: Any) -> Answer:
    """Encode an HTTP result."""
    try:
        return http_answer(converter(HTTP_OUTPUT).encode(value, expected_type=None))
    except NotImplementedError as error:
        kind = type(value).__name__
        raise TypeError(f"an HTTP function gives a str or an azure.functions.HttpResponse, not {kind}") from error


def http_answer(datum: Any) -> Answer:
    """Write a datum of an HTTP answer."""
    if datum.type == "string":
        headers = {"content-type": "text/plain; charset=utf-8"}
        return Answer({"kind": "http", "status": 200, "headers": headers}, (datum.value.encode(),))
    answer = datum.value
    cookies = [morsel.OutputString() for jar in answer.get("cookies") or () for morsel in jar.values()]
    return Answer(
        {
            "kind": "http",
            "status": int(answer["status_code"].value),
            "headers": {name: item.value for name, item in answer["headers"].items()},
            "cookies": cookies,
        },
        (answer["body"].value,),
    )
