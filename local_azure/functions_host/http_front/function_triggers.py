"""HTTP triggers: finds the function of a request, invokes it, and writes its answer."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict

from local_azure.functions_host.app_model import client_inputs
from local_azure.functions_host.http_front.access import key_of, may_call
from local_azure.functions_host.http_front.body_reading import read_body
from local_azure.functions_host.http_front.origin import request_origin
from local_azure.functions_host.http_front.problems import problem
from local_azure.functions_host.http_front.route_table import HttpRoute, RouteTable
from local_azure.functions_host.keys import HostKeys
from local_azure.functions_host.ports import FunctionInfo, WorkerLost
from local_azure.functions_host.workers.invocations import (
    HttpAnswer,
    HttpCall,
    http_answer,
    http_invocation,
    user_error,
)
from local_azure.functions_host.workers.pool import WorkerPool

# The server frames the answer itself; these from user code would contradict it.
FRAMING_HEADERS = {"content-length", "transfer-encoding", "connection", "keep-alive"}

log = logging.getLogger(__name__)
ClientText = Callable[[str], str]
"""Gives the durable client's binding text for a request origin."""


@dataclass(frozen=True, slots=True)
class FunctionTriggers:
    """Answers the requests that belong to functions."""

    pool: WorkerPool
    table: RouteTable
    keys: HostKeys
    client_text: ClientText
    _client_counts: dict[str, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Count the client bindings of every function once."""
        self._client_counts.update({r.function.name: len(client_inputs(r.function)) for r in self.table.routes})

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        found = self.table.find(request.method, request.raw_path.partition("?")[0])
        if found is None:
            return web.Response(status=404)
        if not is_text(request):
            return problem(400, "Not a request", "its path or a header is not UTF-8")
        route, params = found
        if route.auth_level != "anonymous" and not may_call(self.keys, route.auth_level, key_of(request)):
            return web.Response(status=401)
        answer = await self._invoke(route, params, request)
        log.debug("Executed %s: %d", route.function.name, answer.status)
        return answer

    async def _invoke(self, route: HttpRoute, params: Mapping[str, str], request: web.Request) -> web.Response:
        call = HttpCall(
            method=request.method,
            url=f"{request_origin(request)}{request.raw_path}",
            headers=plain_headers(request),
            params=params,
            query=plain_query(request) if "?" in request.raw_path else {},
            body=await read_body(request),
        )
        inputs = [self.client_text(request_origin(request))] * self._client_counts[route.function.name]
        try:
            frame = await self.pool.call(http_invocation(route.function.name, call, inputs))
        except WorkerLost as lost:
            log.error("Function %s has no answer: %s", route.function.name, lost)
            return web.Response(status=500)
        if error := user_error(frame):
            report_failure(route.function, error.traceback)
            return web.Response(status=500)
        return write_answer(http_answer(frame))


def report_failure(function: FunctionInfo, traceback: str) -> None:
    """Log an exception that user code let out."""
    log.error("Function %s failed\n%s", function.name, traceback.rstrip())


def is_text(request: web.Request) -> bool:
    """Tell whether path and headers are UTF-8; what is not has come through the parser as lone surrogates."""
    text = "".join((request.raw_path, *request.headers.keys(), *request.headers.values()))
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def plain_headers(request: web.Request) -> dict[str, str]:
    """Return the headers with lower-case names; repeated ones are joined."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lowered = name.lower()
        if lowered in headers:
            separator = "; " if lowered == "cookie" else ", "
            value = f"{headers[lowered]}{separator}{value}"  # noqa: PLW2901
        headers[lowered] = value
    return headers


def plain_query(request: web.Request) -> dict[str, str]:
    """Return the query parameters; repeated ones are joined."""
    query: dict[str, str] = {}
    for name, value in request.query.items():
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def write_answer(answer: HttpAnswer) -> web.Response:
    """Write what the function gave back."""
    headers: CIMultiDict[str] = CIMultiDict(
        (name, value) for name, value in answer.headers.items() if name.lower() not in FRAMING_HEADERS
    )
    for cookie in answer.cookies:
        headers.add("Set-Cookie", cookie)
    return web.Response(status=answer.status, headers=headers, body=answer.body or None)
