"""Routes of the Functions host as paths of OpenAPI, which knows neither optional parts nor the rest of a path."""

import re

PREFIX = "/api/"
OPTIONAL = re.compile(r"/\{(\w+)\?\}$")
REST = re.compile(r"\{\*(\w+)\}")
PARAMETER = re.compile(r"\{(\w+)\}")


def expand_route(route: str) -> tuple[str, ...]:
    """Return the paths that a route stands for: two, if its last part may be left out."""
    path = PREFIX + REST.sub(r"{\1}", route)
    if not OPTIONAL.search(path):
        return (path,)
    return OPTIONAL.sub("", path), OPTIONAL.sub(r"/{\1}", path)


def parameters_of(path: str) -> tuple[str, ...]:
    """Name what stands in a path."""
    return tuple(PARAMETER.findall(path))
