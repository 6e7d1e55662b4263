"""A start: choose the line on a snapshot, then forward once; or wait durably for the line's app."""

import asyncio
from dataclasses import dataclass
from typing import assert_never

import azure.functions as func

from provisioning import AppAnswer
from router_app.durable.names import DELIVER_START
from router_app.http.app_answers import app_problem
from router_app.http.app_hiding import hidden_of
from router_app.http.call import Call
from router_app.http.delivering import Start, deliver
from router_app.http.ids import Instance, choose_key
from router_app.http.links import accepted
from router_app.http.rejections import rejection
from router_app.inputs import read_input
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.identifiers import make_public_id, start_id
from version_registry.routing import Forward, Reject, Wait, route_start
from version_registry.starting import StartRequest, new_start

PASSED_ON = ("traceparent", "tracestate", "baggage")
"""Request headers that the app is given."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client wants started."""

    name: str
    key: str
    """The instance id without its line."""
    repeatable: bool
    """Sent with an Idempotency-Key: a repeat is answered like the first."""
    is_new: bool
    """No instance can have had this id before."""
    requested: str | None
    input: str
    headers: dict[str, str]


async def decide(parts: Parts, call: Call, wish: Wish) -> Forward | Wait:
    """Choose the line; Problem if the start goes nowhere."""
    table = await parts.tables.table(call.application, call.hub.read_table)
    decision = route_start(table, wish.requested, name=wish.name, instance_key=wish.key)
    if isinstance(decision, Reject):
        raise rejection(decision.kind, decision.detail)
    return decision


async def carry_out(parts: Parts, call: Call, wish: Wish, decision: Forward | Wait) -> func.HttpResponse:
    """Start it on the line that was chosen: now, or when the line's app is there."""
    match decision:
        case Forward():
            return await _forward(parts, call, wish, decision)
        case Wait():
            return await _wait(parts, call, wish, decision)
        case _:
            assert_never(decision)


def read_wish(call: Call) -> Wish:
    """Read a start request; Problem if it is not one."""
    name = call.route["name"]
    key, repeatable = choose_key(call, name)
    headers = {header: value for header in PASSED_ON if (value := call.headers.get(header))}
    is_new = repeatable or "instanceId" not in call.route
    # The app's host reads the input by its content type.
    headers["Content-Type"] = "application/json"
    return Wish(name, key, repeatable, is_new, requested_version(call), read_input(call.body), headers)


def requested_version(call: Call) -> str | None:
    """Return the version that the request names, wherever it does; Problem if it names two."""
    places = (call.route.get("version"), call.query.get("version"), call.headers.get("x-version"))
    named = {version.strip(" \t") for version in places if version}
    if len(named) > 1:
        raise Problem("invalid-version", f"The request names several versions: {', '.join(sorted(named))}. Name one.")
    if "" in named:
        raise Problem("invalid-version", "The version is blank. Name one, or leave it out.")
    return next(iter(named), None)


async def _forward(parts: Parts, call: Call, wish: Wish, decision: Forward) -> func.HttpResponse:
    instance_id = str(make_public_id(decision.line, wish.key))
    deadline = parts.settings.timings.forward_deadline.total_seconds()
    # Whatever happens after the decision counts: the drain waits only so long for starts that are under way.
    async with asyncio.timeout(deadline):
        start = Start(wish.name, instance_id, wish.input.encode(), wish.headers)
        answer = await deliver(parts, decision.app, start, is_new=wish.is_new)
    if answer.status == 202 or (answer.status == 409 and wish.repeatable):
        return _accepted(parts, call, instance_id, decision)
    raise await _refusal(parts, call, answer, decision, instance_id)


def _accepted(parts: Parts, call: Call, instance_id: str, decision: Forward | Wait) -> func.HttpResponse:
    route = route_text(decision.line, decision.reason)
    return accepted(parts, call, Instance(decision.line, instance_id), route)


async def _refusal(parts: Parts, call: Call, answer: AppAnswer, decision: Forward, instance_id: str) -> Problem:
    if answer.status == 409:
        return Problem(
            "instance-exists",
            f"{instance_id} has not ended. Use another id, or send an Idempotency-Key to make starts repeatable.",
            members={"instanceId": instance_id},
        )
    return app_problem(answer, await hidden_of(parts, call, decision.line, decision.app))


async def _wait(parts: Parts, call: Call, wish: Wish, decision: Wait) -> func.HttpResponse:
    """Accept the start durably: a saga delivers it once the line has an app."""
    instance_id = str(make_public_id(decision.line, wish.key))
    saga = start_id(call.application, instance_id)
    # The input as text: what looks like an object of the SDK's own encoding must reach the app untouched.
    start = StartRequest(decision.line, wish.name, instance_id, wish.input, wish.headers)
    state = new_start(call.application, start, operation=saga)
    started = await call.hub.start_saga(DELIVER_START, saga, state, again=True)
    if started or wish.repeatable:
        return _accepted(parts, call, instance_id, decision)
    raise Problem(
        "instance-exists", f"{instance_id} is already waiting to be started.", members={"instanceId": instance_id}
    )


def route_text(line: str, reason: str) -> str:
    """Say for a header which line took a start, and why."""
    printable = reason.encode("ascii", "replace").decode().replace("\n", " ")
    return f"line={line}; reason={printable}"
