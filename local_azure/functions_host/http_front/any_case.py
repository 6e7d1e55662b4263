"""The host's own paths in any case, as Azure's host takes them; aiohttp's router compares letter by letter."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from local_azure.functions_host.http_front.access import Answerer


@dataclass(frozen=True, slots=True)
class OwnPath:
    """One of the host's paths by its segments; those in braces are parameters."""

    method: str
    segments: tuple[str, ...]
    answer: Answerer

    def match(self, method: str, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the parameters if the path is this one, whatever its case."""
        if method != self.method or len(segments) != len(self.segments):
            return None
        found = {}
        for expected, given in zip(self.segments, segments, strict=True):
            if expected.startswith("{"):
                if not given:
                    return None
                found[expected.strip("{}")] = unquote(given)
            elif expected.lower() != given.lower():
                return None
        return found


def any_case_route(routes: Iterable[web.RouteDef]) -> web.RouteDef:
    """Return the route for requests that none of `routes` takes but for its case; it is added after them."""
    paths = [OwnPath(route.method, split(route.path), route.handler) for route in routes]

    async def answer(request: web.Request) -> web.StreamResponse:
        segments = split(request.rel_url.raw_path)
        for path in paths:
            if (found := path.match(request.method, segments)) is not None:
                request.match_info.update(found)
                return await path.answer(request)
        return web.Response(status=404)

    roots = "|".join(sorted({re.escape(path.segments[0]) for path in paths}))
    return web.route("*", f"/{{own_path:(?i:{roots})/.*}}", answer)


def split(path: str) -> tuple[str, ...]:
    """Split a path into its segments."""
    return tuple(path.removeprefix("/").split("/"))
