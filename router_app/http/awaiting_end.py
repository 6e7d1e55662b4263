"""Create-and-wait: a start with `?timeout=` is answered with the output if the instance ends in time."""

import asyncio
import json
import math
import time
from dataclasses import dataclass

import azure.functions as func

from provisioning import ProvisioningError, VersionAppError
from router_app.durable.client import HubError
from router_app.http.call import Call, json_response
from router_app.http.ids import Instance, public_instance
from router_app.http.instance_status import TERMINAL, Status, find_archived, find_running, respond
from router_app.http.start_requests import start_instance
from router_app.http.waiting import waiting_status
from router_app.parts import Parts
from router_app.problems import Problem
from router_app.snapshot import StaleSnapshotError

LONGEST_SECONDS = 200.0
"""The front end of Azure ends a request after 230 seconds."""
FIRST_PAUSE_SECONDS = 0.1
"""Pauses double from here to what the caller wants: what ends soon is told soon, and nobody is asked often."""
USUAL_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the end, and how long at most between two looks. Seconds."""

    timeout: float
    longest_pause: float


async def start_and_wait(parts: Parts, call: Call) -> func.HttpResponse:
    """Start an orchestration; with a timeout, wait for its end that long."""
    patience = read_patience(call)
    response = await start_instance(parts, call)
    if patience is None or response.status_code != 202:
        return response
    instance = public_instance(json.loads(response.get_body())["id"])
    status = await _await_end(parts, call, instance, patience)
    if status is None:
        return response
    if status["runtimeStatus"] == "Completed":
        return json_response(status.get("output"))
    return respond(parts, call, instance, status)


def read_patience(call: Call) -> Patience | None:
    """Read how long the caller wants to wait; None if not at all."""
    timeout = _read_seconds(call, "timeout")
    pause = _read_seconds(call, "pollingInterval")
    if not timeout:
        return None
    return Patience(min(timeout, LONGEST_SECONDS), max(pause or USUAL_PAUSE_SECONDS, FIRST_PAUSE_SECONDS))


async def _await_end(parts: Parts, call: Call, instance: Instance, patience: Patience) -> Status | None:
    give_up_at = time.monotonic() + patience.timeout
    pause = FIRST_PAUSE_SECONDS
    while True:
        status = await _look(parts, call, instance)
        if status is not None and status["runtimeStatus"] in TERMINAL:
            return status
        left = give_up_at - time.monotonic()
        if left <= 0:
            return None
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, patience.longest_pause)


async def _look(parts: Parts, call: Call, instance: Instance) -> Status | None:
    """Look at the instance; None when it cannot be seen now: it is started, so a look that fails ends no waiting."""
    try:
        if found := await find_running(parts, call, instance):
            return found
        if found := await waiting_status(call.hub, call.application, instance):
            return found
        # An id that the caller made may be that of an earlier instance, which is archived; one of ours is not.
        return None if "instanceId" in call.route else await find_archived(parts, call.application, instance)
    except (Problem, VersionAppError, ProvisioningError, HubError, StaleSnapshotError, TimeoutError):
        return None


def _read_seconds(call: Call, name: str) -> float | None:
    text = call.query.get(name, "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if math.isfinite(seconds) and seconds >= 0:
        return seconds
    raise Problem("invalid-parameter", f"{name} is {text[:20]!r}; it must be a number of seconds.")
