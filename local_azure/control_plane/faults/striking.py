"""Puts the faults between the calls and what would answer them."""

import asyncio
import re
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_azure.control_plane.faults.answers import Refusal, refusal
from local_azure.control_plane.faults.board import FaultBoard
from local_azure.control_plane.faults.kinds import KINDS, Family
from local_azure.control_plane.faults.operations import BY_LOCATION, FaultedOperation, FaultedOperations, accepted
from local_azure.control_plane.faults.rules import FaultRule

# Where the deployment endpoint finds what is to become of the package in a request.
DEPLOYMENT_FAULT = web.RequestKey("deployment_fault", str)
OWN = "/local-azure/"


class Striking:
    """Makes calls fail as the board says."""

    def __init__(self, board: FaultBoard, operations: FaultedOperations) -> None:
        """Follow the rules of `board`."""
        self._board = board
        self._operations = operations

    def middleware(self, name_of: Callable[[web.Request], str]) -> Middleware:
        """Build the middleware of an application; `name_of` tells by which path the rules know a request."""

        @web.middleware
        async def strike(request: web.Request, handler: Handler) -> web.StreamResponse:
            path = name_of(request)
            rule = None if path.startswith(OWN) else self._board.strike(request.method, path)
            return await handler(request) if rule is None else await self._strike(rule, path, request, handler)

        return strike

    async def _strike(self, rule: FaultRule, path: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        match KINDS[rule.fault].family:
            case Family.ANSWER:
                # Read to the end: an answer in the middle of an upload would reset the connection.
                async for _ in request.content.iter_chunked(1 << 16):
                    pass
                return _response(refusal(rule.fault, rule.parameters, method=request.method, path=path))
            case Family.CONNECTION:
                return await _disturb(rule, request, handler)
            case Family.OPERATION:
                return await self._prolong(rule, path, request, handler)
            case Family.DEPLOYMENT:
                request[DEPLOYMENT_FAULT] = rule.fault
                return await handler(request)

    async def _prolong(self, rule: FaultRule, path: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 202 and let the work go on, or not."""
        await request.read()
        ends_in = rule.parameters.get("endsIn")
        operation = FaultedOperation(
            style=rule.parameters.get("style", BY_LOCATION),
            retry_after=rule.parameters.get("retryAfter", 0),
            polls_left=None if rule.fault == "stuck" else rule.parameters.get("polls", 1),
            ends_in=refusal(ends_in, {}, method=request.method, path=path) if ends_in else None,
        )
        works = operation.polls_left is not None and operation.ends_in is None
        self._operations.begin(operation, _work(handler, request) if works else None)
        base_url = f"{request.scheme}://{request.host}"
        found = re.match(r"/subscriptions/(?P<subscription>[^/]+)", path)
        place = found.groupdict() if found else {"subscription": "none"}
        reply = accepted(base_url, place, request.query, operation)
        return web.Response(status=reply.status, headers=dict(reply.headers))


async def _work(handler: Handler, request: web.Request) -> web.StreamResponse:
    return await handler(request)


async def _disturb(rule: FaultRule, request: web.Request, handler: Handler) -> web.StreamResponse:
    if rule.fault == "slow":
        await asyncio.sleep(rule.parameters.get("seconds", 1))
        return await handler(request)
    response = await handler(request) if rule.fault == "lost_answer" else web.Response()
    if request.transport is not None:
        request.transport.abort()
    return response


def _response(made_up: Refusal) -> web.Response:
    headers = dict(made_up.headers)
    if isinstance(made_up.body, str):
        kind = "text/html" if made_up.body.startswith("<") else "text/plain"
        return web.Response(status=made_up.status, text=made_up.body, content_type=kind, headers=headers)
    return web.json_response(made_up.body, status=made_up.status, headers=headers)
