"""The Python modules in a package, parsed, and which of them the entry module imports."""

import ast
import io
import tokenize
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_NOT_THE_APPS = frozenset({".python_packages", ".venv", "venv", "node_modules", "__pycache__"})
"""Top folders that hold other people's code; azure.functions is known by its name, not by its source."""

_LARGEST_MODULE_BYTES, _MOST_SOURCE_BYTES = 1024**2, 16 * 1024**2
"""More is not read: a parsed module takes a hundred times the memory of its text."""


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed module."""

    name: str
    """Dotted; a package's `__init__` has the package's name."""
    file: str
    is_package: bool
    tree: ast.Module

    @property
    def package(self) -> str:
        """Name of the package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Sources:
    """The modules that parse, and the files that do not."""

    modules: Mapping[str, Module]
    unreadable: Mapping[str, str]
    """Module name to what is wrong with it."""


def read_sources(path: Path) -> Sources:
    """Parse every module of a zip but those of vendored packages."""
    modules: dict[str, Module] = {}
    unreadable: dict[str, str] = {}
    left = _MOST_SOURCE_BYTES
    with zipfile.ZipFile(path) as archive:
        # The app's own modules lie higher than what it brings along.
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename.count("/")):
            file = entry.filename
            if (name := _module_name(file)) is None:
                continue
            if entry.file_size > min(left, _LARGEST_MODULE_BYTES):
                unreadable[name] = f"{file} is too large to be read"
                continue
            left -= entry.file_size
            try:
                tree = _parsed(archive.read(file), file)
            except SyntaxError as exc:
                unreadable[name] = f"{file} cannot be parsed: {exc}"
                continue
            modules[name] = Module(name, file, PurePosixPath(file).name == "__init__.py", tree)
    return Sources(modules, unreadable)


def _parsed(source: bytes, file: str) -> ast.Module:
    """Parse a module; SyntaxError whatever is wrong with it."""
    try:
        return ast.parse(_decoded(source), filename=file)
    except (RecursionError, MemoryError) as exc:
        # Both are what the parser says of nesting that no person writes.
        raise SyntaxError("it nests too deeply") from exc
    except ValueError as exc:
        raise SyntaxError(str(exc)) from exc


def _decoded(source: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding)


def _module_name(file: str) -> str | None:
    path = PurePosixPath(file)
    if path.suffix != ".py" or path.parts[0] in _NOT_THE_APPS:
        return None
    parts = path.with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    if not parts or not all(part.isidentifier() for part in parts):
        return None
    return ".".join(parts)


def imported_name(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute dotted name of what a `from … import` starts from."""
    if node.level == 0:
        return node.module or ""
    parts = module.package.split(".") if module.package else []
    parts = parts[: len(parts) - (node.level - 1)]
    return ".".join([*parts, *([node.module] if node.module else [])])


def reachable(sources: Sources, entry: str) -> tuple[str, ...]:
    """Return the names of the modules that importing the entry imports in turn, itself first."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found or (name not in sources.modules and name not in sources.unreadable):
            continue
        found[name] = None
        if (module := sources.modules.get(name)) is not None:
            waiting += _imports(module)
    return tuple(found)


def _imports(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = imported_name(module, node)
            yield from _with_parents(base)
            # Each name may be a submodule.
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)


def _with_parents(name: str) -> Iterator[str]:
    """Importing a.b.c runs a and a.b as well."""
    parts = name.split(".")
    return (".".join(parts[: count + 1]) for count in range(len(parts)))
