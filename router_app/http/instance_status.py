"""The status of one instance, wherever it is now known: its app, the starts that wait, the archive."""

import asyncio
from typing import Any

import azure.functions as func

from router_app.http.app_answers import app_problem, passed_on, status_object
from router_app.http.app_hiding import hidden_of
from router_app.http.call import Call, json_response
from router_app.http.ids import Instance
from router_app.http.links import instance_url
from router_app.http.rejections import rejection
from router_app.http.waiting import waiting_status
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import RoutingTable, VersionApp
from version_registry.routing import Elsewhere, Forward, Reject, route_to_line_of_instance

STATUS_QUERY = ("showInput", "showHistory", "showHistoryOutput")
TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
FROM_ARCHIVE = {"X-Durable-Router-Source": "archive"}
"""Told with a status from the archive: it has no history, whatever was asked for."""

Status = dict[str, Any]


async def show_instance(parts: Parts, call: Call, instance: Instance) -> func.HttpResponse:
    """Answer an instance's status."""
    if (status := await find_running(parts, call, instance)) is not None:
        return respond(parts, call, instance, status)
    waiting = await waiting_status(call.hub, call.application, instance)
    if waiting and waiting["runtimeStatus"] == "Pending":
        return respond(parts, call, instance, _as_asked(call, waiting))
    # Before a delivery that failed: the same id may have been started again since.
    if archived := await find_archived(parts, call.application, instance):
        return respond(parts, call, instance, _as_asked(call, archived), is_archived=True)
    if waiting:
        return respond(parts, call, instance, _as_asked(call, waiting))
    raise unknown(instance)


async def find_running(parts: Parts, call: Call, instance: Instance) -> Status | None:
    """Ask the line's app; None if there is none, or it does not know the instance."""
    table = await parts.tables.table(call.application, call.hub.read_table)
    app = app_of(table, instance)
    if app is None:
        return None
    query = {name: call.query[name] for name in STATUS_QUERY if name in call.query}
    answer = await parts.apps.ask(app, lambda client: client.get_status(instance.id, query))
    if answer.status == 404:
        return None
    hidden = await hidden_of(parts, call, instance.line, app)
    if answer.status in (200, 202) and answer.body:
        return status_object(answer, hidden)
    raise app_problem(answer, hidden)


async def find_archived(parts: Parts, application: str, instance: Instance) -> Status | None:
    """Look into the archive."""
    for name in dict.fromkeys((instance.archived_as, instance.id)):
        # Earlier routers kept what an app had started itself under its id alone.
        if (status := await asyncio.to_thread(parts.archive.get, application, name)) is not None:
            return passed_on(status)
    return None


def app_of(table: RoutingTable | None, instance: Instance) -> VersionApp | None:
    """Find the app that may know the instance; Problem if there cannot be one."""
    match route_to_line_of_instance(table, instance.line):
        case Forward(app=app):
            return app
        case Elsewhere():
            return None
        case Reject(kind, detail):
            raise rejection(kind, detail)


def respond(
    parts: Parts, call: Call, instance: Instance, status: Status, *, is_archived: bool = False
) -> func.HttpResponse:
    """Answer with a status as Durable does."""
    runtime = status["runtimeStatus"]
    if runtime not in TERMINAL:
        headers = {"Location": instance_url(parts, call, instance), "Retry-After": "5"}
        return json_response(status, status=202, headers=headers)
    as_error = runtime == "Failed" and asks(call, "returnInternalServerErrorOnFailure", usually=False)
    return json_response(status, status=500 if as_error else 200, headers=FROM_ARCHIVE if is_archived else {})


def asks(call: Call, name: str, *, usually: bool) -> bool:
    """Read a flag as Durable does: `true` in any case, and nothing else, is yes."""
    text = call.query.get(name, "").strip()
    return text.lower() == "true" if text else usually


def unknown(instance: Instance) -> Problem:
    """Say that nothing is known of the instance."""
    return Problem("unknown-instance", f"There is no instance {instance}. Its history may have been purged.")


def _as_asked(call: Call, status: Status) -> Status:
    """Leave out the input unless it is wanted, as an app does by itself."""
    return status if asks(call, "showInput", usually=True) else {**status, "input": None}
