"""Commands to one instance: routed by its line; refused with a reason when the line's app is gone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import quote

import azure.functions as func

from provisioning import AppAnswer
from router_app.http.app_answers import app_problem
from router_app.http.app_hiding import hidden_of
from router_app.http.call import Call, existing_table
from router_app.http.ids import Instance
from router_app.http.instance_status import app_of, find_archived, unknown
from router_app.http.links import accepted, instance_url
from router_app.http.restarting import restart_copy
from router_app.http.starting import route_text
from router_app.http.waiting import waiting_status
from router_app.inputs import check_json
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import LineStatus, VersionApp

InstanceAnswerer = Callable[[Parts, Call, Instance], Awaitable[func.HttpResponse]]
"""Answers a call to one instance, however it was named."""

ANY_STATUS = frozenset(LineStatus)
LIVE_ONLY = frozenset({LineStatus.LIVE})
COMMANDS: Mapping[str, frozenset[LineStatus]] = MappingProxyType(
    {
        "terminate": ANY_STATUS,
        "suspend": ANY_STATUS,
        "resume": ANY_STATUS,
        # It revives work that the drain has counted as done: like a start, only where starts are taken.
        "rewind": LIVE_ONLY,
    }
)
"""Management calls without a body, and the line's statuses in which they are passed on."""


def passing_on(verb: str) -> InstanceAnswerer:
    """Pass terminate, suspend, resume or rewind on to the instance."""

    async def pass_on(parts: Parts, call: Call, instance: Instance) -> func.HttpResponse:
        return await _command(parts, call, instance, verb, COMMANDS[verb])

    return pass_on


async def raise_event(parts: Parts, call: Call, instance: Instance) -> func.HttpResponse:
    """Pass an event on to the instance."""
    check_json(call.body, "An event")
    # An app takes JSON only; an event without data is null, as the SDK's client sends it.
    call = replace(call, body=call.body.strip() or b"null")
    return await _command(parts, call, instance, f"raiseEvent/{quote(call.route['event'], safe='')}", ANY_STATUS)


async def restart(parts: Parts, call: Call, instance: Instance) -> func.HttpResponse:
    """Start the instance's orchestration again with its first input, under a new id unless told otherwise."""
    app = await _app_for_command(parts, call, instance, LIVE_ONLY)
    async with asyncio.timeout(parts.settings.timings.forward_deadline.total_seconds()):
        answer, copy = await restart_copy(parts, call, app, instance)
    if answer.status == 202:
        return accepted(parts, call, copy, route_text(instance.line, f"restart of {instance}"))
    raise await _refusal(parts, call, instance, app, answer)


async def _command(
    parts: Parts, call: Call, instance: Instance, verb: str, allowed: frozenset[LineStatus]
) -> func.HttpResponse:
    app = await _app_for_command(parts, call, instance, allowed)
    query = {"reason": call.query["reason"]} if "reason" in call.query else {}
    headers = {"Content-Type": "application/json"} if call.body else {}
    path = f"instances/{quote(instance.id, safe='')}/{verb}"
    # From the look at the table on: a rewind revives work, so the drain waits for it as for a start.
    async with asyncio.timeout(parts.settings.timings.forward_deadline.total_seconds()):
        answer = await parts.apps.ask(
            app, lambda client: client.manage("POST", path, query=query, headers=headers, body=call.body)
        )
    if answer.status in (200, 202):
        return func.HttpResponse(status_code=202, headers={"Location": instance_url(parts, call, instance)})
    raise await _refusal(parts, call, instance, app, answer)


async def _app_for_command(parts: Parts, call: Call, instance: Instance, allowed: frozenset[LineStatus]) -> VersionApp:
    """Find the app that a command goes to; Problem if the instance cannot take it."""
    table = await existing_table(parts, call)
    line = table.lines.get(instance.line)
    app = app_of(table, instance)
    if line is None or app is None:
        raise await without_app(parts, call, instance)
    if line.status in allowed:
        return app
    detail = (
        f"The line {line.name} is {line.status}: this would start work that is no longer taken. Start on another line."
    )
    raise Problem("line-not-live", detail, retry_after=30)


async def _refusal(parts: Parts, call: Call, instance: Instance, app: VersionApp, answer: AppAnswer) -> Problem:
    match answer.status:
        case 404:
            return await without_app(parts, call, instance)
        case 409:
            return Problem("instance-exists", f"{instance} has not ended.")
        case 410:
            return Problem("gone", f"{instance} has ended: it takes no more commands. Its status tells how.")
        case _:
            return app_problem(answer, await hidden_of(parts, call, instance.line, app))


async def without_app(parts: Parts, call: Call, instance: Instance) -> Problem:
    """Say why an instance that no app knows takes no command."""
    waiting = await waiting_status(call.hub, call.application, instance)
    if waiting and waiting["runtimeStatus"] == "Pending":
        detail = f"{instance} is accepted, but its app is not there yet. Repeat this when its status is Running."
        return Problem("instance-waiting", detail, retry_after=5)
    if await find_archived(parts, call.application, instance):
        return Problem("gone", f"{instance} has ended, and its line's app is retired. Its status stays readable.")
    if waiting:
        return Problem("gone", f"{instance} was never started: {waiting['output']}")
    return unknown(instance)
