"""Pass-through to a version app's own HTTP triggers and entities: `…/v/{version}/http/{path}`, `…/entities/{path}`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote

import azure.functions as func
from multidict import CIMultiDict

from provisioning import AppAnswer
from provisioning import VersionApp as AppClient
from router_app.auth import is_signed_in
from router_app.http.app_hiding import hidden_of
from router_app.http.call import Call, origin
from router_app.http.hiding import Hidden, hide_in_body
from router_app.http.passed_headers import to_app, to_client
from router_app.http.raw_query import raw_query
from router_app.http.rejections import rejection
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.routing import Forward, Reject, Wait, route_to_version

ENTITY_QUERY = frozenset({"op", "fetchState", "lastOperationTimeFrom", "lastOperationTimeTo", "top"})


Send = Callable[[AppClient, str, Mapping[str, str]], Awaitable[AppAnswer]]
"""Sends the request to an escaped path below what is passed through, with these headers."""


async def pass_to_trigger(parts: Parts, call: Call) -> func.HttpResponse:
    """Pass the request on to an HTTP trigger of the app."""

    def send(client: AppClient, path: str, headers: Mapping[str, str]) -> Awaitable[AppAnswer]:
        return client.forward(call.method, f"/api/{path}", query=raw_query(call), headers=headers, body=call.body)

    return await _pass_through(parts, call, send)


async def pass_to_entity(parts: Parts, call: Call) -> func.HttpResponse:
    """Pass the request on to the entities of the app, by Durable's own API."""

    def send(client: AppClient, path: str, headers: Mapping[str, str]) -> Awaitable[AppAnswer]:
        query = {name: value for name, value in call.query.items() if name in ENTITY_QUERY}
        return client.manage(call.method, f"entities/{path}", query=query, headers=headers, body=call.body)

    return await _pass_through(parts, call, send)


async def _pass_through(parts: Parts, call: Call, send: Send) -> func.HttpResponse:
    """Pass the request on to the app of a live line, and its answer back without the app's host or keys."""
    version = call.route["version"]
    table = await parts.tables.table(call.application, call.hub.read_table)
    match route_to_version(table, version, instance_key=""):
        case Forward() as decision:
            # The call may start work, so it counts as a start to the drain: nothing is sent after the deadline.
            async with asyncio.timeout(parts.settings.timings.forward_deadline.total_seconds()):
                return await _forward(parts, call, decision, send)
        case Wait(reason=reason):
            raise Problem("unavailable", f"{reason}. Start an orchestration to have the app made.", retry_after=10)
        case Reject(kind, detail):
            raise rejection(kind, detail)


async def _forward(parts: Parts, call: Call, decision: Forward, send: Send) -> func.HttpResponse:
    path = quote(call.route.get("path", ""), safe="/~:@!$&'()*+,;=-._")
    headers = to_app(_without_token(parts, call), origin(parts, call))
    client = await parts.apps.open(decision.app)
    answer = await send(client, path, headers)
    if answer.status == 401:
        # Not asked again: it may be the app's own code that refuses. If it was the key, the next call has a new one.
        parts.apps.forget(decision.app.name)
    return _response(answer, decision, await hidden_of(parts, call, decision.line, decision.app))


def _without_token(parts: Parts, call: Call) -> Mapping[str, str]:
    """Return the request's headers without a token that is for the router: an app could come back with it."""
    if not is_signed_in(call.headers, parts.settings.access):
        return call.headers
    return CIMultiDict((name, value) for name, value in call.headers.items() if name.lower() != "authorization")


def _response(answer: AppAnswer, decision: Forward, hidden: Hidden) -> func.HttpResponse:
    kept = to_client(answer.headers, hidden)
    content_type = next((value for name, value in kept.items() if name.lower() == "content-type"), "")
    return func.HttpResponse(
        hide_in_body(answer.body, content_type, hidden),
        status_code=answer.status,
        headers={**kept, "X-Durable-Router-Route": f"line={decision.line}"},
        mimetype=content_type.partition(";")[0] or "application/octet-stream",
    )
