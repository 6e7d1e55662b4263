"""A Resource Manager request and its answer, apart from the HTTP server."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_azure.control_plane.arm.errors import arm_error


@dataclass(frozen=True, slots=True)
class ArmCall:
    """A request whose path matched a route."""

    path: Mapping[str, str]
    """The route's parameters, as the client wrote them."""
    query: Mapping[str, str]
    body: Any
    base_url: str

    def document(self) -> dict[str, Any]:
        """Return the body, which has to be a JSON object."""
        if not isinstance(self.body, dict):
            raise arm_error(400, "InvalidRequestContent", "The request content was invalid: a JSON object is expected.")
        return self.body


@dataclass(frozen=True, slots=True)
class ArmReply:
    """An answer; no body at all when `body` is None."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Endpoint = Callable[[ArmCall], Awaitable[ArmReply]]


@dataclass(frozen=True, slots=True)
class ArmRoute:
    """A method and a path pattern with what answers them."""

    method: str
    template: str
    pattern: re.Pattern[str]
    endpoint: Endpoint


def arm_route(method: str, template: str, endpoint: Endpoint) -> ArmRoute:
    """Build a route: `{name}` matches one segment, `{name:path}` several, and the rest matches without case."""
    pattern = ""
    for literal, name, many in re.findall(r"([^{]+)|\{(\w+)(:path)?\}", template):
        pattern += re.escape(literal) if literal else f"(?P<{name}>{'.+' if many else '[^/]+'})"
    return ArmRoute(method, template, re.compile(f"{pattern}/?", re.IGNORECASE), endpoint)


def match(routes: list[ArmRoute], method: str, path: str) -> tuple[Endpoint, Mapping[str, str]]:
    """Find the endpoint of a request, or raise what Azure would answer."""
    methods = set()
    for route in routes:
        found = route.pattern.fullmatch(path)
        if found and route.method == method:
            return route.endpoint, found.groupdict()
        if found:
            methods.add(route.method)
    if methods:
        allowed = ", ".join(sorted(methods))
        raise arm_error(405, "MethodNotAllowed", f"'{method}' is not supported here; the methods are: {allowed}.")
    raise arm_error(404, "NotFound", f"Local Azure has no '{method} {path}'.")
