"""Route templates as Azure Functions (ASP.NET) reads them: `orders/{id:int}/{part?}`, `files/{*rest}`; pure.

Templates are compared without case. Of several templates that match a path, the more literal one wins,
segment by segment: literal, then constrained parameter, parameter, catch-all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from local_azure.functions_host.http_front.route_constraints import Predicate, find_constraint

PARAMETER = re.compile(
    r"(?P<catch_all>\*{0,2})(?P<name>[^:=?*]+)(?P<constraints>(?::[^:=?(]+(?:\((?:[^()]|\([^()]*\))*\))?)*)"
    r"(?:=(?P<default>[^?]*))?(?P<optional>\?)?"
)
CONSTRAINT = re.compile(r":(?P<name>[^:=?(]+)(?:\((?P<argument>(?:[^()]|\([^()]*\))*)\))?")
ENCODED_SLASH = re.compile(r"(%2[fF])")


class TemplateError(ValueError):
    """A route template cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `{…}` of a template."""

    name: str
    constraints: tuple[Predicate, ...] = ()
    is_catch_all: bool = False
    is_optional: bool = False
    default: str | None = None

    def accepts(self, text: str) -> bool:
        """Tell whether all constraints accept the text."""
        return all(constraint(text) for constraint in self.constraints)


Segment = tuple[str | Parameter, ...]


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A compiled template."""

    text: str
    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]
    precedence: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parameters if the (decoded) path fits."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values = {}
        for parameter, text in zip(self.parameters, found.groups(), strict=True):
            value = text or parameter.default
            if value is None:
                continue
            if not parameter.accepts(value):
                return None
            values[parameter.name] = value
        return values


def compile_template(text: str) -> RouteTemplate:
    """Compile a template; raise TemplateError (or UnknownConstraint) for one that ASP.NET refuses too."""
    segments = [tuple(parse_segment(part)) for part in text.strip("/").split("/")] if text.strip("/") else []
    parameters = tuple(item for segment in segments for item in segment if isinstance(item, Parameter))
    names = [parameter.name.lower() for parameter in parameters]
    if len(set(names)) < len(names):
        raise TemplateError(f"the route {text!r} uses a parameter name twice")
    pattern = "".join(map(segment_pattern, segments))
    return RouteTemplate(text, re.compile(pattern, re.IGNORECASE), parameters, tuple(map(segment_rank, segments)))


def decode_path(raw_path: str) -> str:
    """Percent-decode a path, but not `%2F`: a slash inside a value must not end its segment."""
    if "%" not in raw_path:
        return raw_path.rstrip("/")
    parts = ENCODED_SLASH.split(raw_path.rstrip("/"))
    return "".join(part if ENCODED_SLASH.fullmatch(part) else unquote(part) for part in parts)


def parse_segment(text: str) -> Iterator[str | Parameter]:
    """Split one segment into literals and parameters; `{{` and `}}` stand for braces."""
    position = 0
    literal = ""
    while position < len(text):
        if text[position : position + 2] in ("{{", "}}"):
            literal, position = literal + text[position], position + 2
        elif text[position] == "{":
            end = end_of_parameter(text, position + 1)
            if literal:
                yield literal
                literal = ""
            yield parse_parameter(text[position + 1 : end].replace("{{", "{").replace("}}", "}"))
            position = end + 1
        else:
            literal, position = literal + text[position], position + 1
    if literal:
        yield literal


def end_of_parameter(text: str, start: int) -> int:
    """Find the brace that closes a parameter, passing over doubled ones."""
    position = start
    while position < len(text):
        if text[position : position + 2] in ("{{", "}}"):
            position += 2
        elif text[position] == "}":
            return position
        else:
            position += 1
    raise TemplateError(f"the route segment {text!r} has an opening brace without a closing one")


def parse_parameter(text: str) -> Parameter:
    """Read what stands between the braces."""
    match = PARAMETER.fullmatch(text)
    if match is None:
        raise TemplateError(f"{{{text}}} is not a route parameter")
    constraints = tuple(
        find_constraint(found["name"], found["argument"] or "") for found in CONSTRAINT.finditer(match["constraints"])
    )
    return Parameter(match["name"], constraints, bool(match["catch_all"]), bool(match["optional"]), match["default"])


def segment_pattern(segment: Segment) -> str:
    """Write the expression for a segment and the slash before it."""
    if len(segment) == 1 and isinstance(only := segment[0], Parameter):
        if only.is_catch_all:
            return "(?:/(.*))?"
        return "(?:/([^/]+))?" if only.is_optional or only.default is not None else "/([^/]+)"
    pattern = ""
    for index, item in enumerate(segment):
        if isinstance(item, Parameter):
            pattern += "([^/]+)" if not item.is_optional else "([^/]+)?"
        elif item == "." and index == len(segment) - 2 and is_optional(segment[-1]):
            # The last dot of the path ends the name, as in ASP.NET.
            return f"/{pattern.replace('[^/]+', '[^/]+?')}(?:\\.([^/.]+))?"
        else:
            pattern += re.escape(item)
    return f"/{pattern}"


def is_optional(item: str | Parameter) -> bool:
    """Tell whether the item is an optional parameter."""
    return isinstance(item, Parameter) and item.is_optional


def segment_rank(segment: Segment) -> int:
    """Rank a segment: the lower, the more specific."""
    if len(segment) > 1:
        return 2
    (item,) = segment
    if isinstance(item, str):
        return 1
    return (4 if item.is_catch_all else 2) if item.constraints else (5 if item.is_catch_all else 3)
