"""Runs one invocation of a user function, and lets nothing out of it but an answer."""

from __future__ import annotations

from .channel import Frame
from .conversion import Answer, call_arguments, encode_result
from .failing import error_answer
from .functions import LoadedFunction
from .logs import running_function


def run_sync(function: LoadedFunction, frame: Frame, folder: str) -> Answer:
    """Run a sync function on this thread."""
    token = running_function.set(function.name)
    try:
        arguments = call_arguments(function, frame, folder)
        return encode_result(function, function.call(**arguments), arguments)
    except BaseException as error:  # Boundary: user code may raise anything, SystemExit included
        return error_answer(error)
    finally:
        running_function.reset(token)


async def run_async(function: LoadedFunction, frame: Frame, folder: str) -> Answer:
    """Run an async function on this task."""
    if function.run is not None:
        return await function.run(frame)
    running_function.set(function.name)
    try:
        arguments = call_arguments(function, frame, folder)
        return encode_result(function, await function.call(**arguments), arguments)
    except BaseException as error:  # Boundary: SystemExit would otherwise end the loop
        return error_answer(error)
