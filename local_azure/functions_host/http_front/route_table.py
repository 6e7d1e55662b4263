"""Which function answers which request; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from local_azure.functions_host.http_front.route_templates import RouteTemplate, compile_template, decode_path
from local_azure.functions_host.ports import FunctionInfo, FunctionKind


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One HTTP-triggered function and the requests it takes; no methods means all of them."""

    function: FunctionInfo
    template: RouteTemplate
    methods: frozenset[str]
    auth_level: str

    @property
    def path(self) -> str:
        """Return the template as a path."""
        return f"/{self.template.text}"


@dataclass(frozen=True, slots=True)
class RouteTable:
    """All routes, the most specific first, and why some functions have none (by function name)."""

    routes: tuple[HttpRoute, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    def find(self, method: str, raw_path: str) -> tuple[HttpRoute, dict[str, str]] | None:
        """Find the route of a request, with its parameters."""
        path = decode_path(raw_path)
        for route in self.routes:
            if route.methods and method not in route.methods:
                continue
            params = route.template.match(path)
            if params is not None:
                return route, params
        return None

    def of(self, function: str) -> HttpRoute | None:
        """Return the route of a function."""
        return next((route for route in self.routes if route.function.name == function), None)


def build_route_table(functions: Iterable[FunctionInfo], prefix: str) -> RouteTable:
    """Build the table of all HTTP-triggered functions."""
    routes, refused = [], {}
    for function in functions:
        if function.kind is not FunctionKind.HTTP:
            continue
        try:
            routes.append(build_route(function, prefix))
        except ValueError as error:
            refused[function.name] = str(error)
    # Ties keep the order of declaration.
    return RouteTable(tuple(sorted(routes, key=lambda route: route.template.precedence)), refused)


def build_route(function: FunctionInfo, prefix: str) -> HttpRoute:
    """Read the trigger of one function."""
    trigger = function.trigger
    route = trigger.get("route")
    path = function.name if route is None else str(route).strip("/")
    text = "/".join(part for part in (prefix, path) if part)
    if not prefix and path.split("/")[0].lower() in {"admin", "runtime"}:
        raise ValueError(f"the route {path!r} belongs to the host itself")
    methods = frozenset(str(method).upper() for method in trigger.get("methods") or ())
    return HttpRoute(function, compile_template(text), methods, str(trigger.get("authLevel") or "function").lower())
