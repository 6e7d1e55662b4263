"""Follow-ups to one instance: routed by the line in its id; answered from the archive when the line's app is gone."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import azure.functions as func

from provisioning import AppAnswer
from router_app.http.app_answers import app_problem, passed_on, status_object
from router_app.http.call import Call, existing_table, json_response
from router_app.http.ids import existing_id
from router_app.http.links import accepted, instance_url
from router_app.http.rejections import rejection
from router_app.http.restarting import restart_instance
from router_app.http.waiting import waiting_status
from router_app.inputs import check_json
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.identifiers import PublicId
from version_registry.model import LineStatus, RoutingTable, VersionApp
from version_registry.routing import Elsewhere, Forward, Reject, route_follow_up

STATUS_QUERY = ("showInput", "showHistory", "showHistoryOutput", "returnInternalServerErrorOnFailure")
TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
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


async def show_status(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer an instance's status, wherever it is now known: its app, the starts that wait, the archive."""
    instance = existing_id(call)
    table = await parts.tables.table(call.application, call.hub.read_table)
    if (app := _app_of(table, instance)) and (status := await _ask_status(parts, call, app, instance)):
        return _status_response(parts, call, instance, status)
    waiting = await waiting_status(call.hub, call.application, instance)
    if waiting and waiting["runtimeStatus"] == "Pending":
        return _status_response(parts, call, instance, waiting)
    # Before a delivery that failed: the same id may have been started again since.
    if known := await _archived(parts, call, instance) or waiting:
        return _status_response(parts, call, instance, known)
    raise _unknown(instance)


async def raise_event(parts: Parts, call: Call) -> func.HttpResponse:
    """Pass an event on to the instance."""
    check_json(call.body, "An event")
    # An app takes JSON only; an event without data is null, as the SDK's client sends it.
    call = replace(call, body=call.body.strip() or b"null")
    return await _command(parts, call, f"raiseEvent/{quote(call.route['event'], safe='')}", ANY_STATUS)


async def command(parts: Parts, call: Call, verb: str) -> func.HttpResponse:
    """Pass terminate, suspend, resume or rewind on to the instance."""
    return await _command(parts, call, verb, COMMANDS[verb])


async def purge(parts: Parts, call: Call) -> func.HttpResponse:
    """Delete an ended instance's history from its app."""
    instance = existing_id(call)
    app = await _app_for_command(parts, call, instance, ANY_STATUS)
    answer = await _manage(parts, call, app, "DELETE", _path(instance))
    if answer.status == 200:
        return json_response(json.loads(answer.body or b"{}"))
    raise await _refusal(parts, call, instance, app, answer)


async def restart(parts: Parts, call: Call) -> func.HttpResponse:
    """Start the instance's orchestration again with its first input, under a new id unless told otherwise."""
    instance = existing_id(call)
    app = await _app_for_command(parts, call, instance, LIVE_ONLY)
    async with asyncio.timeout(parts.settings.timings.forward_deadline.total_seconds()):
        answer, new_id = await restart_instance(parts, call, app, instance)
    if answer.status == 202:
        return accepted(parts, call, new_id, f"line={instance.line}; reason=restart of {instance}")
    raise await _refusal(parts, call, instance, app, answer)


async def _command(parts: Parts, call: Call, verb: str, allowed: frozenset[LineStatus]) -> func.HttpResponse:
    instance = existing_id(call)
    app = await _app_for_command(parts, call, instance, allowed)
    # From the look at the table on: a rewind revives work, so the drain waits for it as for a start.
    async with asyncio.timeout(parts.settings.timings.forward_deadline.total_seconds()):
        answer = await _manage(parts, call, app, "POST", f"{_path(instance)}/{verb}")
    if answer.status in (200, 202):
        return func.HttpResponse(status_code=202, headers={"Location": instance_url(parts, call, str(instance))})
    raise await _refusal(parts, call, instance, app, answer)


async def _manage(parts: Parts, call: Call, app: VersionApp, method: str, path: str) -> AppAnswer:
    query = {"reason": call.query["reason"]} if "reason" in call.query else {}
    headers = {"Content-Type": "application/json"} if call.body else {}
    return await parts.apps.ask(
        app, lambda client: client.manage(method, path, query=query, headers=headers, body=call.body)
    )


async def _app_for_command(parts: Parts, call: Call, instance: PublicId, allowed: frozenset[LineStatus]) -> VersionApp:
    """Find the app that a command goes to; Problem if the instance cannot take it."""
    table = await existing_table(parts, call)
    line = table.lines.get(instance.line)
    app = _app_of(table, instance)
    if line is None or app is None:
        raise await _without_app(parts, call, instance)
    if line.status in allowed:
        return app
    detail = (
        f"The line {line.name} is {line.status}: this would start work that is no longer taken. Start on another line."
    )
    raise Problem("line-not-live", detail, retry_after=30)


def _app_of(table: RoutingTable | None, instance: PublicId) -> VersionApp | None:
    match route_follow_up(table, str(instance)):
        case Forward(app=app):
            return app
        case Elsewhere():
            return None
        case Reject(kind, detail):
            raise rejection(kind, detail)


async def _ask_status(parts: Parts, call: Call, app: VersionApp, instance: PublicId) -> dict[str, Any] | None:
    query = {name: call.query[name] for name in STATUS_QUERY if name in call.query}
    answer = await parts.apps.ask(app, lambda client: client.get_status(str(instance), query))
    if answer.status == 404:
        return None
    if answer.status in (200, 202, 500) and answer.body:
        return status_object(answer)
    raise app_problem(answer, app)


def _status_response(parts: Parts, call: Call, instance: PublicId, status: dict[str, Any]) -> func.HttpResponse:
    runtime = status["runtimeStatus"]
    if runtime not in TERMINAL:
        headers = {"Location": instance_url(parts, call, str(instance)), "Retry-After": "5"}
        return json_response(status, status=202, headers=headers)
    as_error = runtime == "Failed" and call.query.get("returnInternalServerErrorOnFailure", "").lower() == "true"
    return json_response(status, status=500 if as_error else 200)


async def _refusal(parts: Parts, call: Call, instance: PublicId, app: VersionApp, answer: AppAnswer) -> Problem:
    match answer.status:
        case 404:
            return await _without_app(parts, call, instance)
        case 409:
            return Problem("instance-exists", f"{instance} has not ended.")
        case 410:
            return Problem("gone", f"{instance} has ended: it takes no more commands. Its status tells how.")
        case _:
            return app_problem(answer, app)


async def _without_app(parts: Parts, call: Call, instance: PublicId) -> Problem:
    """Say why an instance that no app knows takes no command."""
    waiting = await waiting_status(call.hub, call.application, instance)
    if waiting and waiting["runtimeStatus"] == "Pending":
        detail = f"{instance} is accepted, but its app is not there yet. Repeat this when its status is Running."
        return Problem("instance-waiting", detail, retry_after=5)
    if await _archived(parts, call, instance):
        return Problem("gone", f"{instance} has ended, and its line's app is retired. Its status stays readable.")
    if waiting:
        return Problem("gone", f"{instance} was never started: {waiting['output']}")
    return _unknown(instance)


async def _archived(parts: Parts, call: Call, instance: PublicId) -> dict[str, Any] | None:
    status = await asyncio.to_thread(parts.archive.get, call.application, str(instance))
    return None if status is None else passed_on(status)


def _path(instance: PublicId) -> str:
    return f"instances/{quote(str(instance), safe='')}"


def _unknown(instance: PublicId) -> Problem:
    return Problem("unknown-instance", f"There is no instance {instance}. Its history may have been purged.")
