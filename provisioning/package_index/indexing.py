"""Puts a package's modules, names and registrations together into its list of functions."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from provisioning.functions import AppFunction, TriggerKind
from provisioning.package_index.names import APP_CLASSES, Holder, Names
from provisioning.package_index.registrations import Registrations, find_registrations
from provisioning.package_index.sources import Sources, reachable, read_sources

_HTTP_APP_FUNCTION = "http_app_func"
"""What AsgiFunctionApp and WsgiFunctionApp call the one function they make."""


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """The functions found, sorted. `complete`: every registration could be followed; if not, `doubts` say where."""

    functions: tuple[AppFunction, ...]
    complete: bool
    doubts: tuple[str, ...] = ()


def index_package(path: Path, *, entry_file: str = "function_app.py") -> PackageIndex:
    """Index the zip of a v2-model app. The zip has passed check_zip."""
    return index_sources(read_sources(path), entry_file.removesuffix(".py"))


def index_sources(sources: Sources, entry: str) -> PackageIndex:
    """Index parsed modules."""
    imported = reachable(sources, entry)
    doubts = [sources.unreadable[name] for name in imported if name in sources.unreadable]
    modules = {name: sources.modules[name] for name in imported if name in sources.modules}
    if entry not in modules:
        return PackageIndex((), complete=False, doubts=tuple(doubts) or (f"there is no module {entry}",))
    names = Names(modules)
    registrations = [find_registrations(module, names) for module in modules.values()]
    doubts += [doubt for found in registrations for doubt in found.doubts]
    apps = [holder for holder in names.holders_in(entry) if holder.class_name in APP_CLASSES]
    if len(apps) != 1:
        found = ", ".join(holder.name for holder in apps) or "none"
        doubts.append(f"{entry}.py must hold one function app object at module level; found: {found}")
    functions = _functions_of(apps, registrations)
    return PackageIndex(tuple(sorted(functions)), complete=not doubts, doubts=tuple(doubts))


def _functions_of(apps: Iterable[Holder], registrations: list[Registrations]) -> set[AppFunction]:
    """Collect what is on the apps and on every blueprint registered on them; other blueprints do not count."""
    included = _with_blueprints({app.key for app in apps}, registrations)
    functions = {function for found in registrations for holder, function in found.functions if holder.key in included}
    return functions | {AppFunction(_http_app_name(app), TriggerKind.HTTP) for app in apps if _is_http_app(app)}


def _with_blueprints(keys: set[tuple[str, str]], registrations: list[Registrations]) -> set[tuple[str, str]]:
    edges = [(app.key, blueprint.key) for found in registrations for app, blueprint in found.included]
    while added := {blueprint for app, blueprint in edges if app in keys} - keys:
        keys = keys | added
    return keys


def _is_http_app(app: Holder) -> bool:
    return app.class_name in ("AsgiFunctionApp", "WsgiFunctionApp")


def _http_app_name(app: Holder) -> str:
    given = next((item.value for item in app.call.keywords if item.arg == "function_name"), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else _HTTP_APP_FUNCTION
