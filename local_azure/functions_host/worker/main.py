"""The file the host starts in the app's interpreter: makes this folder importable under a private name, then serves.

The folder itself must not stay on `sys.path`: an app may have its own `loading.py`, and the app's comes first.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

PACKAGE = "_functions_host_worker"


def adopt_package() -> None:
    """Register this folder as the package `_functions_host_worker`, whatever interpreter runs it."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if entry == "" or Path(entry).resolve() != here]
    spec = importlib.util.spec_from_file_location(PACKAGE, here / "__init__.py", submodule_search_locations=[str(here)])
    if spec is None or spec.loader is None:
        raise SystemExit(f"the worker's own folder {here} is not importable")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    adopt_package()
    importlib.import_module(f"{PACKAGE}.serving").serve(int(sys.argv[1]), sys.argv[2])
