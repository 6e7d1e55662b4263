"""Releases: receive a package, register it, deploy it; and show how that goes."""

import re
from typing import Any
from urllib.parse import quote

import azure.functions as func

from router_app.archived_lines import with_lines
from router_app.durable.client import Operation, utc_now
from router_app.durable.names import DEPLOY_RELEASE
from router_app.http.app_limit import require_place
from router_app.http.call import Call, fresh_table, json_response, origin
from router_app.http.changes import change_table
from router_app.http.reading import read_query
from router_app.http.receiving import receive_package
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.errors import InvalidNameError
from version_registry.identifiers import attempt_number, deploy_id
from version_registry.model import LineStatus, Release, ReleaseStatus, RoutingTable
from version_registry.rollout import new_deploy
from version_registry.versions import line_of, parse_release
from version_registry.views import view_release

ATTEMPT = re.compile(r"[0-9a-z-]{1,40}")
"""How the id of a deploy ends."""


async def put_release(parts: Parts, call: Call) -> func.HttpResponse:
    """Register a version with its package and deploy it, unless only the registration is asked for."""
    version = release_version(call)
    deploys = wants_deploy(call)
    table = await parts.tables.fresh_table(call.application, call.hub.read_table)
    if deploys:
        await require_place(parts, call, table, version)
    arrived = await receive_package(parts, call, find_release(table, version))
    release = {"version": version, "digest": arrived.digest, "functions": arrived.functions}
    wish = {"deploy": "now" if deploys else "on-demand"}
    registered = await change_table(parts, call, "register_release", {**release, **wish})
    await call.hub.add_to_catalogue(call.application)
    await call.hub.ensure_monitor(call.application)
    table = await fresh_table(parts, call)
    if not deploys or is_deployed(table, version):
        return json_response(_release(table, version, None), status=201 if registered.get("created") else 200)
    operation = await _ensure_deploy(call, table, version)
    return _operation_response(parts, call, _release(table, version, operation), operation)


async def show_release(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer a release: its status, its conditions, and how its deploy goes."""
    from router_app.http.models.queries import ShowRelease

    version = release_version(call)
    asked = read_query(call, ShowRelease).operation
    table = await fresh_table(parts, call)
    table = await with_lines(parts, table, {line_of(version)} & table.archived.keys())
    release = find_release(table, version)
    if release is None:
        known = ", ".join(one.version for line in table.lines.values() for one in line.releases)
        raise Problem("unknown-release", f"{call.application} has no release {version}. Its releases: {known}.")
    operation_id = asked or release.operation
    operation = await _look_up(call, version, operation_id) if operation_id else None
    return json_response(_release(table, version, operation))


async def _look_up(call: Call, version: str, operation_id: str) -> Operation | None:
    """Look at a deploy of this version, and at no other orchestration."""
    prefix = deploy_id(call.application, version, "")
    # The whole of it: the SDK puts an id into a URL as it is, where `/../` leads to another application's.
    if not (operation_id.startswith(prefix) and ATTEMPT.fullmatch(operation_id.removeprefix(prefix))):
        raise Problem("invalid-parameter", f"{operation_id[:80]!r} is not an operation of {version}.")
    return await call.hub.look_up(operation_id)


async def list_releases(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer all releases of the application."""
    table = await fresh_table(parts, call)
    versions = [release.version for line in table.lines.values() for release in line.releases]
    return json_response({"releases": [_release(table, version, None) for version in versions]})


def release_version(call: Call) -> str:
    """Return the version in the path, normalised; Problem if it is not a release's."""
    try:
        return str(parse_release(call.route.get("version", "")))
    except InvalidNameError as error:
        raise Problem("invalid-version", f"{error}.") from error


def wants_deploy(call: Call) -> bool:
    """Tell whether the release is to be deployed now; Problem if `deploy` is neither of its two values."""
    from router_app.http.models.queries import Deploy, PutRelease

    return read_query(call, PutRelease).deploy is Deploy.NOW


def find_release(table: RoutingTable | None, version: str) -> Release | None:
    """Find a release in the table."""
    line = table.lines.get(line_of(version)) if table else None
    return next((release for release in line.releases if release.version == version), None) if line else None


def is_deployed(table: RoutingTable, version: str) -> bool:
    """Tell whether the version is what its line's app runs."""
    line = table.lines[line_of(version)]
    return line.status is LineStatus.LIVE and line.active == version and line.app is not None


async def _ensure_deploy(call: Call, table: RoutingTable, version: str) -> Operation:
    """Start the deploy, or find the one that is under way."""
    release = find_release(table, version)
    if release and release.status is ReleaseStatus.DEPLOYING and release.operation:
        running = await call.hub.look_up(release.operation)
        if running is not None and running.alive:
            return running
    operation_id = deploy_id(call.application, version, attempt_number(table.generation, utc_now()))
    await call.hub.start_saga(
        DEPLOY_RELEASE, operation_id, new_deploy(call.application, version, operation=operation_id)
    )
    return Operation(operation_id, "Pending", "accepted")


def _release(table: RoutingTable, version: str, operation: Operation | None) -> dict[str, Any]:
    view = dict(view_release(table, version) or {})
    view["operation"] = None if operation is None else _describe(operation)
    return view


def _describe(operation: Operation) -> dict[str, Any]:
    failure = operation.output if operation.status == "Failed" else None
    return {
        "id": operation.id,
        "status": operation.status,
        "progress": operation.progress,
        "failure": failure if isinstance(failure, str) else None,
    }


def _operation_response(parts: Parts, call: Call, release: dict[str, Any], operation: Operation) -> func.HttpResponse:
    path = f"/api/{call.application}/releases/{release['version']}"
    # Names the operation: the table knows it only once it has got hold of the line.
    url = f"{origin(parts, call)}{path}?operation={quote(operation.id, safe='~')}"
    headers = {"Location": url, "Operation-Location": url, "Retry-After": "2"}
    return json_response({**release, "statusUrl": url}, status=202, headers=headers)
