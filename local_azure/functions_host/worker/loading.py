"""Imports the app and indexes its functions."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .sdk_import import import_sdk_past

CONTEXT_PARAMETER = "context"
RETURN_BINDING = "$return"


class AppError(Exception):
    """The app cannot be served; the message is for its author."""


@dataclass(frozen=True)
class Binding:
    """One binding of a function, as far as an invocation needs it."""

    name: str
    type: str
    direction: str

    @property
    def is_output(self) -> bool:
        """Tell whether the function writes it."""
        return self.direction.upper() == "OUT"

    @property
    def is_trigger(self) -> bool:
        """Tell whether it starts the function."""
        return self.type.lower().endswith("trigger")


@dataclass(frozen=True)
class LoadedFunction:
    """A user function with everything an invocation needs, looked up once."""

    name: str
    call: Callable[..., Any]
    is_async: bool
    takes_context: bool
    trigger: Binding
    inputs: tuple[Binding, ...]
    outputs: tuple[Binding, ...]
    returns: Binding | None
    raw_bindings: tuple[str, ...]


def load_app(folder: Path) -> dict[str, LoadedFunction]:
    """Import the app's module from `folder` and index the functions of its one FunctionApp."""
    add_search_paths(folder)
    import_sdk_past(folder / "host.json")
    module = import_app_module(folder)
    import azure.functions as func

    apps = {id(value): value for value in vars(module).values() if isinstance(value, func.FunctionRegister)}
    if len(apps) != 1:
        count = "no" if not apps else "more than one"
        raise AppError(
            f"{Path(module.__file__ or '').name} has {count} module-level FunctionApp; exactly one is needed"
        )
    (app,) = apps.values()
    return {function.name: function for function in map(index_function, app.get_functions())}


def add_search_paths(folder: Path) -> None:
    """Put the app folder first on `sys.path`, and the packages that a build left inside it second."""
    paths = [str(folder), str(folder / ".python_packages" / "lib" / "site-packages")]
    sys.path[:0] = [path for path in paths if Path(path).is_dir()]


def import_app_module(folder: Path) -> Any:
    """Import the module that declares the app."""
    file_name = os.environ.get("PYTHON_SCRIPT_FILE_NAME") or "function_app.py"
    if not (folder / file_name).is_file():
        raise AppError(f"{folder} has no {file_name}: only the Python v2 programming model is served")
    # Not importlib.import_module: its frame would stand above user code in every traceback.
    return __import__(Path(file_name).stem)


def index_function(function: Any) -> LoadedFunction:
    """Turn one declared function into what an invocation needs; refuse parameters that do not fit its bindings."""
    name = function.get_function_name()
    raw = tuple(function.get_raw_bindings())
    bindings = [Binding(b["name"], b["type"], b["direction"]) for b in map(json.loads, raw)]
    user_function = function.get_user_function()
    parameters = set(inspect.signature(user_function).parameters)
    bound = {binding.name for binding in bindings if binding.name != RETURN_BINDING}
    takes_context = CONTEXT_PARAMETER in parameters and CONTEXT_PARAMETER not in bound
    check_parameters(name, parameters - ({CONTEXT_PARAMETER} if takes_context else set()), bound)
    return LoadedFunction(
        name=name,
        call=user_function,
        is_async=inspect.iscoroutinefunction(user_function),
        takes_context=takes_context,
        trigger=next(b for b in bindings if b.is_trigger),
        inputs=tuple(b for b in bindings if not b.is_output and not b.is_trigger),
        outputs=tuple(b for b in bindings if b.is_output and b.name != RETURN_BINDING),
        returns=next((b for b in bindings if b.name == RETURN_BINDING), None),
        raw_bindings=raw,
    )


def check_parameters(name: str, parameters: set[str], bound: set[str]) -> None:
    """Refuse a function whose signature and bindings disagree, as Azure does."""
    if missing := bound - parameters:
        hint = ""
        if parameters == set() and len(bound) == 1:
            hint = '; an orchestrator or entity must be declared with context_name="context"'
        raise AppError(
            f"function {name}: bound but not a parameter of the function: {', '.join(sorted(missing))}{hint}"
        )
    if unbound := parameters - bound:
        raise AppError(f"function {name}: a parameter without a binding: {', '.join(sorted(unbound))}")
