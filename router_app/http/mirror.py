"""Durable's own HTTP API below `…/v/{version}/`, for clients that change nothing but what stands before its path.

The version names the line, so an instance may be named as the client named it at the start, without the line; and so
may instances that the app started itself. A public id is followed wherever it belongs.
"""

import json
from dataclasses import replace

import azure.functions as func

from router_app.http.awaiting_end import start_and_wait
from router_app.http.call import Answerer, Call, existing_table
from router_app.http.ids import Instance
from router_app.http.instance_commands import InstanceAnswerer
from router_app.http.instance_filters import read_filter
from router_app.http.instance_status import find_archived, find_running
from router_app.http.listing import Listed, list_lines
from router_app.http.purging import purge_lines
from router_app.http.rejections import rejection
from router_app.http.waiting import waiting_status
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.choosing import choose_line
from version_registry.errors import InvalidNameError
from version_registry.identifiers import make_public_id, parse_public_id
from version_registry.model import Line, RoutingTable
from version_registry.routing import Reject, RejectKind, route_to_version
from version_registry.versions import parse_request

LONGEST_ID = 256


def like_durable(answerer: Answerer) -> Answerer:
    """Answer with problems that also have the members in which Durable explains a refusal: its SDKs read them."""

    async def answer(parts: Parts, call: Call) -> func.HttpResponse:
        try:
            return await answerer(parts, call)
        except Problem as problem:
            problem.members |= {"Message": problem.kind.title, "ExceptionMessage": problem.detail}
            raise

    return answer


def by_line(answerer: InstanceAnswerer) -> Answerer:
    """Answer calls that name the instance by the line in the path and an id with or without the line."""

    async def answer(parts: Parts, call: Call) -> func.HttpResponse:
        return await answerer(parts, call, await _find_instance(parts, call))

    return like_durable(answer)


async def _start(parts: Parts, call: Call) -> func.HttpResponse:
    """Start an orchestration. Its input may come in the form of Durable's SDKs: JSON within a JSON string."""
    given = call.route.get("instanceId", "")
    line, separator, key = given.partition("~")
    if separator and line == (await _line_of(parts, call)).name:
        call = replace(call, route={**call.route, "instanceId": key})
    # Durable's own parameter of this name says nothing about apps.
    query = {name: value for name, value in call.query.items() if name != "version"}
    return await start_and_wait(parts, replace(call, body=unwrapped(call.body), query=query))


async def _list(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer one page of the line's instances."""
    line = await _line_of(parts, call)
    return await list_lines(parts, call, Listed((line,), read_filter(call)))


async def _purge(parts: Parts, call: Call) -> func.HttpResponse:
    """Delete the line's ended instances that match."""
    return await purge_lines(parts, call, (await _line_of(parts, call),))


start = like_durable(_start)
list_instances = like_durable(_list)
purge_instances = like_durable(_purge)


def unwrapped(body: bytes) -> bytes:
    """Take the JSON out of a JSON string that holds it, as an app's SDK would do with such an input; else the body."""
    if body.lstrip()[:1] != b'"':
        return body
    try:
        text = json.loads(body)
        json.loads(text)
    except (ValueError, RecursionError):
        # A string that holds no JSON, or no JSON at all: whoever reads inputs tells them apart.
        return body
    return str(text).encode()


async def _line_of(parts: Parts, call: Call) -> Line:
    """Return the line that the path's version means, whether or not it has an app."""
    return choose(await existing_table(parts, call), call.route["version"])


def choose(table: RoutingTable, version: str) -> Line:
    """Choose the line; Problem if there is none."""
    try:
        line = choose_line(table, parse_request(version))
    except InvalidNameError as error:
        raise rejection(RejectKind.INVALID_VERSION, str(error)) from error
    if line is not None:
        return line
    decision = route_to_version(table, version, instance_key="")
    if isinstance(decision, Reject):
        raise rejection(decision.kind, decision.detail)
    return table.lines[decision.line]


async def _find_instance(parts: Parts, call: Call) -> Instance:
    """Tell which instance is meant: a public id's; else the line's with that key; else one of the app's own."""
    given = call.route.get("instanceId", "")
    try:
        public_id = parse_public_id(given)
        return Instance(public_id.line, str(public_id))
    except InvalidNameError:
        line = (await _line_of(parts, call)).name
    own = Instance(line, _checked(given))
    try:
        public = Instance(line, str(make_public_id(line, given)))
    except InvalidNameError:
        return own
    return public if await _is_known(parts, call, public) or not await _is_known(parts, call, own) else own


def _checked(instance_id: str) -> str:
    """Return an id that an app may have given itself; Problem if Durable takes none such."""
    is_fit = 0 < len(instance_id) <= LONGEST_ID and not instance_id.startswith("@")
    if is_fit and not any(character in "/\\#?" or not character.isprintable() for character in instance_id):
        return instance_id
    raise Problem("invalid-instance-id", "Not an instance id: 1 to 256 characters without / \\ # ? and no leading @.")


async def _is_known(parts: Parts, call: Call, instance: Instance) -> bool:
    if await find_running(parts, call, instance) is not None:
        return True
    if await waiting_status(call.hub, call.application, instance) is not None:
        return True
    return await find_archived(parts, call.application, instance) is not None
