"""Imports the app and indexes its functions."""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from .annotations import check_annotations
from .folder_model import function_files, load_folders
from .functions import CONTEXT_PARAMETER, AppError, LoadedFunction, describe_function
from .sdk_import import import_sdk_past


def load_app(folder: Path) -> dict[str, LoadedFunction]:
    """Import the app's module from `folder` and index the functions of its one FunctionApp, or of its folders."""
    add_search_paths(folder)
    import_sdk_past(folder / "host.json")
    if has_folders_only(folder):
        return {function.name: function for function in map(index_function, load_folders(folder))}
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


def script_name() -> str:
    """Return the name of the file that declares an app of the v2 programming model."""
    return os.environ.get("PYTHON_SCRIPT_FILE_NAME") or "function_app.py"


def has_folders_only(folder: Path) -> bool:
    """Tell whether an app is of the v1 programming model; as in Azure the other counts if it is both."""
    return not (folder / script_name()).is_file() and bool(function_files(folder))


def script_file(folder: Path) -> str:
    """Return the name of the file that declares the app, which must be there."""
    if not (folder / script_name()).is_file():
        raise AppError(f"{folder} has no {script_name()}, and no folder with a function.json either")
    return script_name()


def import_app_module(folder: Path) -> Any:
    """Import the module that declares the app."""
    file_name = script_file(folder)
    # Not importlib.import_module: its frame would stand above user code in every traceback.
    return __import__(Path(file_name).stem)


def index_function(function: Any) -> LoadedFunction:
    """Turn one declared function into what an invocation needs; refuse parameters that do not fit its bindings."""
    described = describe_function(function.get_function_name(), tuple(function.get_raw_bindings()))
    user_function = function.get_user_function()
    parameters = set(inspect.signature(user_function).parameters)
    bound = set(described.parameters)
    takes_context = CONTEXT_PARAMETER in parameters and CONTEXT_PARAMETER not in bound
    check_parameters(described.name, parameters - ({CONTEXT_PARAMETER} if takes_context else set()), bound)
    check_annotations(described, user_function)
    is_async = inspect.iscoroutinefunction(user_function)
    return replace(described, call=user_function, is_async=is_async, takes_context=takes_context)


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
