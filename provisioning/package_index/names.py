"""What the module-level names of a package stand for: app and blueprint objects, modules, or the SDK's own names."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioning.package_index.sources import Module, imported_name

APP_CLASSES = frozenset({"FunctionApp", "DFApp", "AsgiFunctionApp", "WsgiFunctionApp"})
"""What the worker indexes."""

HOLDER_CLASSES = APP_CLASSES | {"Blueprint"}

_SDK_PACKAGES = ("azure.functions", "azure.durable_functions")


@dataclass(frozen=True, slots=True)
class Holder:
    """An app or blueprint object: what functions are registered on."""

    module: str
    name: str
    """The variable it was first assigned to."""
    class_name: str
    call: ast.Call
    """Its construction."""

    @property
    def key(self) -> tuple[str, str]:
        """Tell holders apart."""
        return self.module, self.name


@dataclass(frozen=True, slots=True)
class Dotted:
    """A module, or a name below one: of this package or of somebody else's."""

    name: str


Meaning = Holder | Dotted
_Binding = ast.expr | Dotted


class Names:
    """Resolves expressions of a package's modules at module level, as far as that is possible without running them."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self._modules = modules
        self._bindings = {name: dict(_bindings(module)) for name, module in modules.items()}

    def holders_in(self, module: str) -> tuple[Holder, ...]:
        """Return the distinct holders that the names of a module stand for."""
        found: dict[tuple[str, str], Holder] = {}
        for name in self._bindings[module]:
            meaning = self.meaning(module, ast.Name(name))
            if isinstance(meaning, Holder):
                found[meaning.key] = meaning
        return tuple(found.values())

    def meaning(self, module: str, expression: ast.expr) -> Meaning | None:
        """Return what a name or dotted expression stands for in a module; None when that cannot be told."""
        return self._meaning(module, expression, frozenset())

    def _meaning(self, module: str, expression: ast.expr, seen: frozenset[tuple[str, str]]) -> Meaning | None:
        match expression:
            case ast.Name(id=name):
                return self._name(module, name, seen)
            case ast.Attribute(value=value, attr=name):
                base = self._meaning(module, value, seen)
                return self._member(base.name, name, seen) if isinstance(base, Dotted) else None
            case _:
                return None

    def _name(self, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Meaning | None:
        if (module, name) in seen:
            return None
        seen |= {(module, name)}
        binding = self._bindings[module].get(name) or self._starred(module, name, seen)
        match binding:
            case None:
                return None
            case Dotted(dotted):
                return self._dotted(dotted, seen)
            case ast.Call(func=function):
                class_name = self._holder_class(module, function, seen)
                return Holder(module, name, class_name, binding) if class_name else None
            case Holder():
                return binding
            case _:
                return self._meaning(module, binding, seen)

    def _dotted(self, dotted: str, seen: frozenset[tuple[str, str]]) -> Meaning | None:
        if dotted in self._modules:
            return Dotted(dotted)
        base, _, name = dotted.rpartition(".")
        return self._member(base, name, seen) if base in self._modules else Dotted(dotted)

    def _member(self, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Meaning | None:
        """Look a name up in a module of this package; a name of somebody else's module stays a name."""
        if module in self._modules and (meaning := self._name(module, name, seen)) is not None:
            return meaning
        dotted = f"{module}.{name}"
        return Dotted(dotted) if dotted in self._modules or module not in self._modules else None

    def _starred(self, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Meaning | None:
        for node in ast.walk(self._modules[module].tree):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                base = imported_name(self._modules[module], node)
                if base in self._modules and (meaning := self._name(base, name, seen)) is not None:
                    return meaning
        return None

    def _holder_class(self, module: str, function: ast.expr, seen: frozenset[tuple[str, str]]) -> str | None:
        meaning = self._meaning(module, function, seen)
        if not isinstance(meaning, Dotted):
            return None
        package, _, name = meaning.name.rpartition(".")
        return name if name in HOLDER_CLASSES and package.startswith(_SDK_PACKAGES) else None


def _bindings(module: Module) -> Iterator[tuple[str, _Binding]]:
    """Yield the names bound at module level, branches of `if` and `try` included; the last binding counts."""
    for statement in module_level(module.tree.body):
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    # `import a.b` binds a; `import a.b as c` binds a.b.
                    yield (alias.asname, Dotted(alias.name)) if alias.asname else _first_part(alias.name)
            case ast.ImportFrom(names=names):
                base = imported_name(module, statement)
                for alias in names:
                    yield alias.asname or alias.name, Dotted(f"{base}.{alias.name}" if base else alias.name)
            case ast.Assign(targets=targets, value=value):
                yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case _:
                pass


def _first_part(dotted: str) -> tuple[str, Dotted]:
    first = dotted.partition(".")[0]
    return first, Dotted(first)


def module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, those in branches included."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for name in ("body", "orelse", "finalbody"):
                yield from module_level(getattr(statement, name, []))
            for handler in getattr(statement, "handlers", []):
                yield from module_level(handler.body)
