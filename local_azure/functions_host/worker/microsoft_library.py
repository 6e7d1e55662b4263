"""Loads and runs an app with Microsoft's own worker library, the code that does so in Azure.

azure-functions-runtime (Python 3.13 and newer) speaks in protobuf messages, but asks only for classes with attributes;
plain ones do. The library finds, checks, converts and calls the functions; this module brings it the frames.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import importlib.util
import uuid
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .channel import Frame
from .conversion import HTTP_OUTPUT, Answer, http_answer, strings, text_answer, trigger_datum
from .converters import datum_type
from .failing import error_answer
from .functions import AppError, LoadedFunction, describe_function
from .library_failures import FailureCatcher
from .loading import add_search_paths, script_file
from .logs import running_function
from .sdk_import import import_sdk_past

PACKAGE = "azure_functions_runtime"


class StatusResult(SimpleNamespace):
    """How a request went."""

    Failure = 0
    Success = 1


class BindingInfo(SimpleNamespace):
    """One binding; its directions have the numbers of `azure.functions.BindingDirection`."""

    undefined = 0
    out = 1
    inout = 2


PROTOS = SimpleNamespace(
    StatusResult=StatusResult,
    BindingInfo=BindingInfo,
    WorkerInitResponse=SimpleNamespace,
    WorkerMetadata=SimpleNamespace,
    RpcFunctionMetadata=SimpleNamespace,
    FunctionMetadataResponse=SimpleNamespace,
    RpcRetryOptions=SimpleNamespace,
    RpcException=SimpleNamespace,
)


def load_app(folder: Path) -> dict[str, LoadedFunction]:
    """Have the library import the app and index its functions."""
    add_search_paths(folder)
    script_file(folder)
    import_sdk_past(folder / "host.json")
    library = import_library("")
    failures = FailureCatcher.installed()
    library.start_threadpool_executor()
    listing = asyncio.run(index(library, folder))
    return {listed.name: loaded_function(listed, failures) for listed in listing or ()}


def import_library(module: str) -> Any:
    """Import a module of the library, or say what is missing."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise AppError(
            "LOCAL_AZURE_WORKER=microsoft needs the package azure-functions-runtime, for Python 3.13 and newer,"
            " in the environment that runs the app"
        )
    return importlib.import_module(PACKAGE + module)


async def index(library: Any, folder: Path) -> Any:
    """Ask the library for its list of functions."""
    wanted = SimpleNamespace(capabilities={}, function_app_directory=str(folder))
    properties = {"host": "127.0.0.1", "protos": PROTOS}
    request = SimpleNamespace(request=SimpleNamespace(worker_init_request=wanted), properties=properties)
    result = (await library.worker_init_request(request)).result
    if result.status == StatusResult.Failure:
        message = f"the import of the app failed: {result.exception.message}"
        raise AppError(message, result.exception.stack_trace)
    return (await library.functions_metadata_request(request)).function_metadata_results


def loaded_function(listed: Any, failures: FailureCatcher) -> LoadedFunction:
    """Describe one function, with the way to run it."""
    function = describe_function(listed.name, tuple(listed.raw_bindings))
    # Async also for a sync function: the library brings it to its own threads.
    return replace(function, is_async=True, run=functools.partial(run, function, listed.function_id, failures))


async def run(function: LoadedFunction, function_id: str, failures: FailureCatcher, frame: Frame) -> Answer:
    """Run one invocation; nothing comes out but an answer."""
    running_function.set(function.name)
    try:
        with failures.watching() as caught:
            ok, returned, outputs, text, _ = await invoke(function, function_id, frame)
    except BaseException as error:  # Boundary: SystemExit would otherwise end the loop
        return error_answer(error)
    if not ok:
        return error_answer(caught[0] if caught else RuntimeError(text))
    return encode(function, returned, dict(outputs))


async def invoke(function: LoadedFunction, function_id: str, frame: Frame) -> Any:
    """Hand a frame to the library."""
    header = frame.header
    inputs = [(function.trigger.name, trigger_datum(header, frame.parts[0]))]
    for binding, part in zip(function.inputs, frame.parts[1:], strict=True):
        inputs.append((binding.name, datum_type()(part.decode(), "string")))
    return await import_library(".native_invocation").invocation_request_native(
        str(uuid.uuid4()),
        function_id,
        inputs,
        strings(header.get("metadata", {})),
        header.get("traceparent", ""),
        header.get("tracestate", ""),
    )


def encode(function: LoadedFunction, returned: Any, outputs: dict[str, Any]) -> Answer:
    """Turn the datum that the library gives into the answer frame."""
    for output in function.outputs:
        if output.type == HTTP_OUTPUT and function.returns is None:
            datum = outputs.get(output.name)
            return Answer({"kind": "none"}) if datum is None else http_answer(datum)
    if returned is None:
        return Answer({"kind": "none"})
    if function.returns is not None and function.returns.type == HTTP_OUTPUT:
        return http_answer(returned)
    return text_answer(returned)
