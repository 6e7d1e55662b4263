"""One HTTP request to the router, as plain data, and the edge that lets it in and answers it."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import azure.functions as func
from azure.durable_functions import DurableOrchestrationClient

from provisioning import PermanentError, ProvisioningError, TemporaryError, VersionAppError
from router_app.access import Grant, Right
from router_app.auth import require
from router_app.durable.client import Hub, HubError
from router_app.parts import Parts
from router_app.problems import Problem, problem_response
from router_app.snapshot import StaleSnapshotError
from version_registry.errors import InvalidNameError
from version_registry.identifiers import check_application
from version_registry.model import RoutingTable

log = logging.getLogger("durable_router")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in."""

    method: str
    url: str
    route: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes
    hub: Hub
    grants: frozenset[Grant] = frozenset()
    """What its caller may do, which can be more than this."""

    def sees(self, application: str) -> bool:
        """Tell whether its caller may be told of the application."""
        return any(grant.covers(application) for grant in self.grants)

    @property
    def path(self) -> str:
        """The request's path. Without query: that may hold a key."""
        return urlsplit(self.url).path

    @property
    def application(self) -> str:
        """The application that the path names; Problem if it cannot be one."""
        try:
            return check_application(self.route.get("application", ""))
        except InvalidNameError as error:
            raise Problem("invalid-application", f"{error}.") from error


Answerer = Callable[[Parts, Call], Awaitable[func.HttpResponse]]


async def answer(
    parts: Parts, right: Right, request: func.HttpRequest, client: DurableOrchestrationClient, answerer: Answerer
) -> func.HttpResponse:
    """Let the request in if its key gives the right, and turn what goes wrong into a problem."""
    path = urlsplit(request.url).path
    try:
        application = request.route_params.get("application", "")
        grants = require(right, request.headers, request.params, parts.settings.access, application=application)
        return await answerer(parts, _call(request, client, grants))
    except Problem as problem:
        return problem_response(problem, path)
    except (HubError, StaleSnapshotError, ProvisioningError, VersionAppError, TimeoutError) as error:
        return problem_response(problem_of(error), path)
    except Exception:
        # Boundary: a fault of ours must not show a client its traceback, which may hold hosts or inputs.
        incident = uuid4().hex
        log.exception("The request %s %s failed; incident %s", request.method, path, incident)
        detail = f"The router failed in a way it does not know. Its log has more under the incident {incident}."
        return problem_response(Problem("internal", detail, members={"incident": incident}), path)


def problem_of(error: Exception) -> Problem:
    """Map what the layers below raise to what a caller reads."""
    match error:
        case TemporaryError():
            wait = max(1, round(error.retry_after.total_seconds()))
            return Problem(
                "unavailable", "The version app cannot be reached yet. Repeat the request.", retry_after=wait
            )
        case PermanentError():
            log.error("The platform refuses: %s (%s)", error.message, error.code)
            return Problem(
                "bad-gateway", f"The platform that runs the version apps refuses ({error.code}). Tell an admin."
            )
        case VersionAppError():
            return _problem_of_app(error)
        case TimeoutError():
            return _problem_of_app(VersionAppError("the time is over", "timed_out"))
        case _:
            return Problem("unavailable", f"{error} Repeat the request.", retry_after=1)


def _problem_of_app(error: VersionAppError) -> Problem:
    match error.code:
        case "timed_out":
            detail = "The version app did not answer in time. Repeat the request."
            return Problem("gateway-timeout", detail, retry_after=5)
        case "bad_path":
            return Problem("invalid-parameter", "A name in the path is one that leads out of it, such as `..`.")
        case "busy":
            detail = "Too many calls to the version app are under way. Repeat the request a little later."
            return Problem("too-many-calls", detail, retry_after=2)
        case _:
            return Problem("bad-gateway", "The version app did not answer. Repeat the request.", retry_after=5)


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Answer with JSON."""
    text = json.dumps(body, ensure_ascii=False)
    if not text.isascii() and _has_halves(text):
        # An app may say half of a character, which only an escape can write.
        text = json.dumps(body)
    extra = {"Cache-Control": "no-store", **(headers or {})}
    return func.HttpResponse(text, status_code=status, headers=extra, mimetype="application/json")


def _has_halves(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def origin(parts: Parts, call: Call) -> str:
    """Return the origin that the router's own URLs carry."""
    if parts.settings.public_url:
        return parts.settings.public_url
    url = urlsplit(call.url)
    return f"{url.scheme}://{url.netloc}"


async def existing_table(parts: Parts, call: Call) -> RoutingTable:
    """Return the application's table, at most TABLE_TTL old; Problem if there is none."""
    return known(await parts.tables.table(call.application, call.hub.read_table), call.application)


async def fresh_table(parts: Parts, call: Call) -> RoutingTable:
    """Return the application's table as it is now; Problem if there is none."""
    return known(await parts.tables.fresh_table(call.application, call.hub.read_table), call.application)


def known(table: RoutingTable | None, application: str) -> RoutingTable:
    """Return the table; Problem if there is none."""
    if table is not None:
        return table
    raise Problem(
        "unknown-application",
        f"No application {application!r} is registered. Release it first: PUT /api/{application}/releases/{{version}}.",
    )


def _call(request: func.HttpRequest, client: DurableOrchestrationClient, grants: frozenset[Grant]) -> Call:
    return Call(
        method=request.method,
        url=request.url,
        route={name: unquote(value) for name, value in request.route_params.items() if value},
        query=request.params,
        headers=request.headers,
        body=request.get_body(),
        hub=Hub(client),
        grants=grants,
    )
