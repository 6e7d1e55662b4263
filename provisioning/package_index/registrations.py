"""The registrations in one module: decorated functions, and blueprints given to apps. What is unclear is a doubt."""

import ast
from dataclasses import dataclass, field

from provisioning.functions import DURABLE_NAME_KEYS, AppFunction, TriggerKind, durable_name
from provisioning.package_index.names import Holder, Names
from provisioning.package_index.sources import Module

_TRIGGERS = {
    "route": TriggerKind.HTTP,
    "orchestration_trigger": TriggerKind.ORCHESTRATOR,
    "activity_trigger": TriggerKind.ACTIVITY,
    "entity_trigger": TriggerKind.ENTITY,
    "schedule": TriggerKind.OTHER,
    "mcp_tool": TriggerKind.OTHER,
}
_NAME_ARGUMENTS = {
    TriggerKind.ORCHESTRATOR: "orchestration",
    TriggerKind.ACTIVITY: "activity",
    TriggerKind.ENTITY: "entity_name",
}
"""The argument, keyword or second, that overrides the durable name (azure-functions-durable's decorators)."""

_REGISTER = frozenset({"register_functions", "register_blueprint"})

# Decorators that add to a function without making it one.
_ADDITIONS = ("_input", "_output", "_binding", "_property")
_MORE_ADDITIONS = frozenset({"function_name", "retry", "http_type"})

_DYNAMIC_IMPORTS = frozenset({"import_module", "__import__", "exec", "eval"})


@dataclass(slots=True)
class Registrations:
    """What one module registers."""

    functions: list[tuple[Holder, AppFunction]] = field(default_factory=list)
    included: list[tuple[Holder, Holder]] = field(default_factory=list)
    """(app, blueprint registered on it)."""
    doubts: list[str] = field(default_factory=list)


def find_registrations(module: Module, names: Names) -> Registrations:
    """Read the registrations of a module."""
    reader = _Reader(module, names)
    reader.read(module.tree.body, certain=True)
    return reader.found


@dataclass(frozen=True, slots=True)
class _Decoration:
    """One decorator that belongs to a holder: `@app.route(route="x")`."""

    holder: Holder
    method: str
    node: ast.expr

    @property
    def call(self) -> ast.Call | None:
        """The decorator's call; None for one without parentheses."""
        return self.node if isinstance(self.node, ast.Call) else None


class _Reader:
    """Walks a module. `certain` means: runs exactly once, when the module is imported."""

    def __init__(self, module: Module, names: Names) -> None:
        self._module = module
        self._names = names
        self.found = Registrations()

    def read(self, body: list[ast.stmt], *, certain: bool) -> None:
        for statement in body:
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._read_function(statement, certain=certain)
                    self.read(statement.body, certain=False)
                case ast.ClassDef():
                    self._look_for_escapes(statement.decorator_list, certain=False)
                    self.read(statement.body, certain=False)
                case _:
                    self._read_statement(statement, certain=certain)

    def _read_statement(self, statement: ast.stmt, *, certain: bool) -> None:
        """Read a plain statement, or the branches of one that has some."""
        nested = [value for _, value in ast.iter_fields(statement) if _is_body(value)]
        for body in nested:
            self.read(body, certain=False)
        for handler in getattr(statement, "handlers", []):
            self.read(handler.body, certain=False)
        if not self._is_plain_assignment(statement):
            self._look_for_escapes(_own_expressions(statement), certain=certain)

    def _is_plain_assignment(self, statement: ast.stmt) -> bool:
        """`bp = df.Blueprint()` and `app = other.app` use a holder in no other way than Names already knows."""
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            return False
        return isinstance(statement.value, ast.Name | ast.Attribute)

    def _read_function(self, function: ast.FunctionDef | ast.AsyncFunctionDef, *, certain: bool) -> None:
        decorations = [decoration for node in function.decorator_list if (decoration := self._decoration(node))]
        ours = {id(decoration.node) for decoration in decorations}
        self._look_for_escapes([node for node in function.decorator_list if id(node) not in ours], certain=certain)
        triggers = [decoration for decoration in decorations if _kind_of(decoration.method) is not None]
        if not certain and triggers:
            self._doubt(function, f"{function.name} is registered inside a branch or function")
        for trigger in triggers:
            self._register(function, trigger, decorations)
        for decoration in decorations:
            if _kind_of(decoration.method) is None and not _is_addition(decoration.method):
                self._doubt(function, f"decorator {decoration.method} of {function.name} is not known")

    def _register(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef, trigger: _Decoration, decorations: list[_Decoration]
    ) -> None:
        kind = _kind_of(trigger.method) or TriggerKind.OTHER
        name = function.name
        for decoration in decorations:
            if decoration.method == "function_name":
                name = self._text(decoration.call, "name", 0) or name
        override = self._text(trigger.call, _NAME_ARGUMENTS[kind], 1) if kind in DURABLE_NAME_KEYS else None
        self.found.functions.append((trigger.holder, AppFunction(durable_name(name, kind, override), kind)))

    def _decoration(self, node: ast.expr) -> _Decoration | None:
        target = node.func if isinstance(node, ast.Call) else node
        if not isinstance(target, ast.Attribute):
            return None
        meaning = self._names.meaning(self._module.name, target.value)
        if isinstance(meaning, Holder):
            return _Decoration(meaning, target.attr, node)
        if meaning is None and _kind_of(target.attr) is not None:
            self._doubt(node, f"it is not clear which app {ast.unparse(target.value)} is")
        return None

    def _text(self, call: ast.Call | None, keyword: str, position: int) -> str | None:
        """Return a literal argument; anything but a literal or nothing is a doubt."""
        if call is None:
            return None
        given = next((item.value for item in call.keywords if item.arg == keyword), None)
        if given is None and len(call.args) > position:
            given = call.args[position]
        if given is None and any(item.arg is None for item in call.keywords):
            self._doubt(call, f"{keyword} may be among the ** arguments")
        match given:
            case None | ast.Constant(value=None):
                return None
            case ast.Constant(value=str(text)):
                return text
            case _:
                self._doubt(call, f"{keyword} is not a literal")
                return None

    def _look_for_escapes(self, expressions: list[ast.expr], *, certain: bool) -> None:
        """Follow blueprints that are registered; any other use of a holder may register what cannot be seen."""
        for expression in expressions:
            understood: set[ast.AST] = set()
            for node in ast.walk(expression):
                if isinstance(node, ast.Call):
                    understood |= self._read_call(node, certain=certain)
                if node not in understood and self._is_use_of_holder(node):
                    self._doubt(node, f"{ast.unparse(node)} is used in a way that cannot be followed")
                    understood |= {*ast.walk(node)}

    def _read_call(self, call: ast.Call, *, certain: bool) -> set[ast.AST]:
        """Read a registration of a blueprint; return the nodes that need no further look."""
        if _called_name(call.func) in _DYNAMIC_IMPORTS:
            self._doubt(call, f"{_called_name(call.func)} may load what cannot be seen")
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _REGISTER or len(call.args) != 1:
            return set()
        app = self._names.meaning(self._module.name, call.func.value)
        blueprint = self._names.meaning(self._module.name, call.args[0])
        if not isinstance(app, Holder) or not isinstance(blueprint, Holder):
            self._doubt(call, f"{ast.unparse(call)} cannot be followed")
            return set(ast.walk(call))
        if not certain:
            self._doubt(call, f"{ast.unparse(call)} is inside a branch or function")
        self.found.included.append((app, blueprint))
        return set(ast.walk(call))

    def _is_use_of_holder(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return False
        meaning = self._names.meaning(self._module.name, node)
        return isinstance(meaning, Holder)

    def _doubt(self, node: ast.AST, what: str) -> None:
        self.found.doubts.append(f"{self._module.file}:{getattr(node, 'lineno', 1)}: {what}")


def _kind_of(method: str) -> TriggerKind | None:
    if method in _TRIGGERS:
        return _TRIGGERS[method]
    return TriggerKind.OTHER if method.endswith("_trigger") else None


def _is_addition(method: str) -> bool:
    return method in _MORE_ADDITIONS or method.endswith(_ADDITIONS)


def _is_body(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], ast.stmt)


def _own_expressions(statement: ast.stmt) -> list[ast.expr]:
    """Return the expressions of a statement, not those of the statements in it."""
    parts = [*ast.iter_child_nodes(statement)]
    items = [part for item in parts if isinstance(item, ast.withitem) for part in ast.iter_child_nodes(item)]
    return [part for part in [*parts, *items] if isinstance(part, ast.expr)]


def _called_name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
