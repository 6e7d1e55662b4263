"""The HTTP surface of Resource Manager: token, api-version, JSON, then the route's endpoint."""

import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, match
from local_azure.control_plane.arm.errors import ArmError, arm_error
from local_azure.control_plane.arm.locks import lock_error
from local_azure.control_plane.identity import Identities, TokenRejectedError
from local_azure.control_plane.store import Store

ArmHandler = Callable[[web.Request], Awaitable[web.Response]]


def arm_handler(routes: list[ArmRoute], identities: Identities, own_audience: str, store: Store) -> ArmHandler:
    """Build the handler of everything under the endpoint that is not named otherwise; the locks of `store` hold."""

    async def answer(request: web.Request) -> web.Response:
        try:
            _authenticate(request, identities, own_audience)
            endpoint, path = match(routes, request.method, request.path)
            if locked := lock_error(store.locks.find(), request.method, request.path):
                raise locked
            return _response(await endpoint(await _read_call(request, dict(path))))
        except ArmError as exc:
            return _response(ArmReply(exc.status, exc.body, _challenge(exc.status)))

    return answer


def _authenticate(request: web.Request, identities: Identities, own_audience: str) -> None:
    try:
        identities.check(request.headers.get("Authorization", ""), own_audience, int(time.time()))
    except TokenRejectedError as exc:
        raise arm_error(401, exc.code, str(exc)) from exc


async def _read_call(request: web.Request, path: dict[str, str]) -> ArmCall:
    if not request.query.get("api-version"):
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise arm_error(400, "MissingApiVersionParameter", message)
    return ArmCall(path, request.query, await _read_body(request), f"{request.scheme}://{request.host}")


async def _read_body(request: web.Request) -> Any:
    content = await request.read()
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as exc:
        message = f"The request content was invalid and could not be deserialized: {exc}"
        raise arm_error(400, "InvalidRequestContent", message) from exc


def _challenge(status: int) -> dict[str, str]:
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}


def _response(reply: ArmReply) -> web.Response:
    headers = {"x-ms-request-id": str(uuid.uuid4()), **reply.headers}
    if reply.body is None:
        return web.Response(status=reply.status, headers=headers)
    return web.json_response(reply.body, status=reply.status, headers=headers)
