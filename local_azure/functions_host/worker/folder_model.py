"""Indexes an app of the v1 programming model: one folder for each function, with a function.json that binds it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .functions import AppError

PACKAGE = "__app__"
"""The name that Azure's worker imports the app folder by, so that its functions can say `from ..shared import x`."""

FUNCTION_FILE = "function.json"
OLD_NAMES = {"orchestrationClient": "durableClient"}


class FolderFunction:
    """A function of one folder, with what the v2 model's functions answer."""

    def __init__(self, name: str, bindings: list[dict[str, Any]], user_function: Any) -> None:
        self._name = name
        self._bindings = bindings
        self._user_function = user_function

    def get_function_name(self) -> str:
        """Return the folder's name."""
        return self._name

    def get_raw_bindings(self) -> list[str]:
        """Return the bindings as JSON texts."""
        return [json.dumps(binding) for binding in self._bindings]

    def get_user_function(self) -> Any:
        """Return what is called."""
        return self._user_function


def function_files(folder: Path) -> list[Path]:
    """Return the function.json files of an app."""
    return sorted(folder.glob(f"*/{FUNCTION_FILE}"))


def load_folders(folder: Path) -> Iterator[FolderFunction]:
    """Import the app's folders and describe their functions; one that is disabled is left out."""
    adopt_app(folder)
    for file in function_files(folder):
        document = read_document(file)
        if not document.get("disabled"):
            yield FolderFunction(file.parent.name, bindings_of(document), entry_point(file, document))


def adopt_app(folder: Path) -> None:
    """Make the app folder itself a package; it has no `__init__.py`."""
    spec = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)


def read_document(file: Path) -> dict[str, Any]:
    """Read a function.json."""
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
        triggers = [b for b in document["bindings"] if str(b["type"]).lower().endswith("trigger")]
    except (ValueError, KeyError, TypeError) as error:
        raise AppError(f"{file.parent.name}/{FUNCTION_FILE} is not usable: {error!r}") from error
    if len(triggers) != 1:
        raise AppError(f"{file.parent.name}/{FUNCTION_FILE} must have exactly one trigger, not {len(triggers)}")
    return dict(document)


def bindings_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bindings under the names that are in use today."""
    return [{"direction": "in", **b, "type": OLD_NAMES.get(b["type"], b["type"])} for b in document["bindings"]]


def entry_point(file: Path, document: dict[str, Any]) -> Any:
    """Import the script and find the function in it."""
    script, name = str(document.get("scriptFile") or "__init__.py"), str(document.get("entryPoint") or "main")
    module_path = Path(file.parent.name, script)
    if module_path.parent != Path(file.parent.name) or module_path.suffix != ".py":
        raise AppError(f"{file.parent.name}/{FUNCTION_FILE}: the scriptFile {script} must be a Python file beside it")
    parts = [PACKAGE, file.parent.name, *([] if module_path.stem == "__init__" else [module_path.stem])]
    path = ".".join(parts)
    # Not importlib.import_module: its frame would stand above user code in every traceback.
    __import__(path)
    if not callable(found := getattr(sys.modules[path], name, None)):
        raise AppError(f"{file.parent.name}/{script} has no function {name}")
    return found
