"""Bicep files as syntax trees, and what the tests ask of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

INFRA = Path(__file__).resolve().parents[2] / "infra"
FILES = sorted(INFRA.rglob("*.bicep"))

FUNCTIONS = frozenset(
    [
        "empty",
        "guid",
        "items",
        "resourceGroup",
        "string",
        "subscription",
        "subscriptionResourceId",
        "union",
        "uniqueString",
    ]
)
"""Bicep's own functions that the files may use; decorators are written apart from these."""

_PARSER = Parser(Language(tree_sitter_bicep.language()))


def text_of(node: Node) -> str:
    return (node.text or b"").decode()


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def object_of(node: Node) -> Node:
    """The object that a declaration ends in, inside its loop if it has one."""
    return next(one for one in walk(node) if one.type == "object")


def members(node: Node) -> dict[str, Node]:
    """The members of an object, by name."""
    found = {}
    for member in node.named_children:
        if member.type == "object_property":
            name, *value = member.named_children
            found[text_of(name).strip("'")] = value[-1]
    return found


def member(node: Node, *path: str) -> Node:
    for name in path:
        node = members(node)[name]
    return node


@dataclass(frozen=True)
class Declaration:
    """A parameter, variable, resource, module or output."""

    name: str
    node: Node
    decorators: tuple[str, ...]

    @property
    def has_default(self) -> bool:
        return len(self.node.named_children) > 2

    @property
    def kind(self) -> str:
        """What a resource is, or where a module stands: the string after its name."""
        return text_of(next(one for one in self.node.named_children if one.type == "string")).strip("'")

    @property
    def body(self) -> Node:
        return object_of(self.node)


@dataclass(frozen=True)
class BicepFile:
    """One parsed file."""

    path: Path
    root: Node = field(repr=False)

    def declared(self, kind: str) -> list[Declaration]:
        found, decorators = [], []
        for node in self.root.named_children:
            if node.type == "decorators":
                decorators = [text_of(one.named_children[0].named_children[0]) for one in node.named_children]
            elif node.type != "comment":
                if node.type == f"{kind}_declaration":
                    found.append(Declaration(text_of(node.named_children[0]), node, tuple(decorators)))
                decorators = []
        return found

    @cached_property
    def params(self) -> dict[str, Declaration]:
        return {one.name: one for one in self.declared("parameter")}

    @cached_property
    def outputs(self) -> dict[str, Declaration]:
        return {one.name: one for one in self.declared("output")}

    @cached_property
    def resources(self) -> dict[str, Declaration]:
        return {one.name: one for one in self.declared("resource")}

    @cached_property
    def modules(self) -> dict[str, Declaration]:
        return {one.name: one for one in self.declared("module")}

    @cached_property
    def variables(self) -> dict[str, Declaration]:
        return {one.name: one for one in self.declared("variable")}

    @cached_property
    def names(self) -> set[str]:
        return {*self.params, *self.resources, *self.modules, *self.variables}

    def module_file(self, module: Declaration) -> "BicepFile":
        return read(self.path.parent / module.kind)

    def errors(self) -> list[str]:
        broken = [node for node in walk(self.root) if node.is_error or node.is_missing]
        return [f"line {node.start_point.row + 1}: {text_of(node)[:60]}" for node in broken]

    def references(self) -> set[str]:
        """Every identifier that stands where a value is read."""
        return {text_of(node) for node in walk(self.root) if node.type == "identifier" and _is_read(node)}

    def loop_names(self) -> set[str]:
        return {text_of(node.named_children[0]) for node in walk(self.root) if node.type == "for_statement"}


def _is_read(node: Node) -> bool:
    parent = node.parent
    if parent is None or any(one.type == "decorators" for one in _ancestors(node)):
        return False
    first = parent.named_children[0] == node
    declares = parent.type.endswith("_declaration") or parent.type in ("object_property", "for_statement")
    return not (first and declares)


def _ancestors(node: Node) -> Iterator[Node]:
    while node.parent is not None:
        node = node.parent
        yield node


def read(path: Path) -> BicepFile:
    return BicepFile(path, _PARSER.parse(path.read_bytes()).root_node)


def placeholders(text: str) -> list[str]:
    """The `${NAME}` and `${NAME=default}` that azd fills in."""
    return re.findall(r"\$\{(\w+)(?:=\w+)?\}", text)
