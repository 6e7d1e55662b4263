"""Purges: of one instance, or of all that match, in the apps of all lines and in the archive."""

import asyncio
import json
import time
from collections.abc import Awaitable
from urllib.parse import quote

import azure.functions as func

from provisioning import AppAnswer, ProvisioningError, VersionAppError
from router_app.http.app_answers import app_problem
from router_app.http.app_hiding import hidden_of
from router_app.http.call import Call, existing_table, json_response, problem_of
from router_app.http.ids import Instance
from router_app.http.instance_commands import without_app
from router_app.http.instance_filters import ENDED, InstanceFilter, read_filter
from router_app.http.instance_status import app_of
from router_app.http.listing import chosen_lines
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.identifiers import archive_id
from version_registry.model import Line, LineStatus, VersionApp

ARCHIVE_PAGE = 200
ARCHIVE_SECONDS = 20.0
"""So long the archive is looked through in one request."""


async def purge(parts: Parts, call: Call, instance: Instance) -> func.HttpResponse:
    """Delete an ended instance's history from its app and what the archive has of it."""
    table = await existing_table(parts, call)
    app = app_of(table, instance)
    deleted = 0 if app is None else await _purge_in_app(parts, call, app, instance)
    for name in dict.fromkeys((instance.archived_as, instance.id)):
        deleted += await asyncio.to_thread(parts.archive.delete, call.application, name)
    if not deleted:
        raise await without_app(parts, call, instance)
    return json_response({"instancesDeleted": 1})


async def purge_instances(parts: Parts, call: Call) -> func.HttpResponse:
    """Delete the ended instances of all lines that match; 404 if there is none, as Durable answers."""
    lines = chosen_lines(await existing_table(parts, call), call.query.get("line"))
    return await purge_lines(parts, call, lines)


async def purge_lines(parts: Parts, call: Call, lines: tuple[Line, ...]) -> func.HttpResponse:
    """Delete the ended instances of these lines that match."""
    wanted = _read_purge(call)
    give_up_at = time.monotonic() + ARCHIVE_SECONDS
    apps = [_counted(line, _purge_app(parts, call, line, wanted)) for line in lines]
    outcomes = await asyncio.gather(*apps)
    # The apps at once; the archive, which is one store, line by line.
    outcomes += [await _counted(line, purge_archive(parts, call, line, wanted, give_up_at)) for line in lines]
    deleted = sum(_deleted_of(outcome) for outcome in outcomes)
    for outcome in outcomes:
        if isinstance(outcome, Problem):
            # What was purged stays purged, so the same request can be repeated.
            outcome.members["instancesDeleted"] = deleted
            raise outcome
    if not deleted:
        raise Problem("unknown-instance", "No instance that has ended matches.")
    return json_response({"instancesDeleted": deleted})


def _deleted_of(outcome: int | Problem) -> int:
    return outcome if isinstance(outcome, int) else int(outcome.members.get("instancesDeleted", 0))


def _read_purge(call: Call) -> InstanceFilter:
    wanted = read_filter(call)
    if wanted.created_from is None:
        raise Problem("invalid-parameter", "A purge needs createdTimeFrom; narrow it with createdTimeTo.")
    if wanted.prefix:
        # The Durable extension would not heed it, and purge far more.
        raise Problem("invalid-parameter", "A purge takes no instanceIdPrefix. Purge instances one by one.")
    if unfinished := sorted(wanted.statuses - ENDED):
        raise Problem("invalid-parameter", f"Only instances that have ended can be purged, not {unfinished[0]}.")
    return wanted


async def _counted(line: Line, purging: Awaitable[int]) -> int | Problem:
    """Await a purge; one line that fails does not keep the others from being purged."""
    try:
        return await purging
    except Problem as found:
        problem = found
    except (VersionAppError, ProvisioningError, TimeoutError) as error:
        problem = problem_of(error)
    problem.members["line"] = line.name
    return problem


async def _purge_in_app(parts: Parts, call: Call, app: VersionApp, instance: Instance) -> int:
    path = f"instances/{quote(instance.id, safe='')}"
    answer = await _delete(parts, app, path, {})
    return await _read_deleted(parts, call, instance.line, app, answer)


async def _purge_app(parts: Parts, call: Call, line: Line, wanted: InstanceFilter) -> int:
    if line.app is None or line.status is LineStatus.RETIRING:
        return 0
    answer = await _delete(parts, line.app, "instances", wanted.as_query())
    return await _read_deleted(parts, call, line.name, line.app, answer)


async def _delete(parts: Parts, app: VersionApp, path: str, query: dict[str, str]) -> AppAnswer:
    return await parts.apps.ask(app, lambda client: client.manage("DELETE", path, query=query, headers={}, body=b""))


async def _read_deleted(parts: Parts, call: Call, line: str, app: VersionApp, answer: AppAnswer) -> int:
    match answer.status:
        case 200:
            return _read_count(answer.body)
        case 404:
            return 0
        case _:
            raise app_problem(answer, await hidden_of(parts, call, line, app))


async def purge_archive(parts: Parts, call: Call, line: Line, wanted: InstanceFilter, give_up_at: float) -> int:
    """Delete what the archive has of the line and matches; Problem when the time (monotonic) is up."""
    deleted, cursor = 0, None
    while time.monotonic() < give_up_at:
        page = await asyncio.to_thread(
            parts.archive.list_page, call.application, f"{line.name}~", cursor=cursor, limit=ARCHIVE_PAGE
        )
        for status in page.statuses:
            if wanted.matches(status):
                name = archive_id(line.name, str(status["instanceId"]))
                deleted += await asyncio.to_thread(parts.archive.delete, call.application, name)
        if page.cursor is None:
            return deleted
        cursor = page.cursor
    detail = "The archive is not looked through yet. Repeat the request, with ?line= to have less to look at."
    raise Problem("unavailable", detail, retry_after=1, members={"instancesDeleted": deleted})


def _read_count(body: bytes) -> int:
    """Read how many instances an app says it has purged."""
    try:
        count = json.loads(body).get("instancesDeleted", 0)
    except (ValueError, AttributeError):
        return 0
    return count if isinstance(count, int) else 0
