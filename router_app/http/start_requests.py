"""Start requests: plain ones are started; of those with an Idempotency-Key all repeats together are started once.

Why once, although any number of router processes get repeats at the same moment, and each may die at any step:
- Before a start is sent, its key is claimed in the store with the id that the instance will have. Of several processes
  one makes the claim; only that one sends the start, within FORWARD_DEADLINE of its decision.
- The others answer with the claim's id once the start is known to be accepted: the claim says so, or the instance is
  found in its app, among the waiting starts, or in the archive.
- If neither comes about until nobody can be sending any more, and what was sent would be visible, the claim's maker has
  died or failed before it sent anything. Then the next attempt is claimed, again by one of them.
The margin of the drain covers the difference between the processes' clocks.
"""

import asyncio
import hashlib
import json
from datetime import datetime, timedelta

import azure.functions as func

from provisioning import Claim
from router_app.durable.client import utc_now
from router_app.http.call import Call
from router_app.http.ids import public_instance
from router_app.http.links import accepted
from router_app.http.repeats import is_started
from router_app.http.starting import Wish, carry_out, decide, read_wish, route_text
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.identifiers import make_public_id, parse_public_id
from version_registry.model import Timings
from version_registry.routing import Forward, Wait

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.5
PATIENCE_SECONDS = 10.0
"""So long a repeat waits for the first to be answered; then the client is asked to repeat it."""


async def start_instance(parts: Parts, call: Call) -> func.HttpResponse:
    """Start an orchestration on the line that the request names, or on the current one."""
    wish = read_wish(call)
    if not wish.repeatable:
        return await carry_out(parts, call, wish, await decide(parts, call, wish))
    # Within one process repeats queue up, which spares them the looking.
    async with parts.repeats.alone(f"{call.application}/{wish.key}"):
        return await _start_once(parts, call, wish)


async def _start_once(parts: Parts, call: Call, wish: Wish) -> func.HttpResponse:
    give_up_at = utc_now() + timedelta(seconds=PATIENCE_SECONDS)
    pause = FIRST_PAUSE_SECONDS
    while True:
        claim = await asyncio.to_thread(parts.claims.find, call.application, wish.key)
        if claim is None or await _is_abandoned(parts, call, wish, claim):
            response = await _claim_and_start(parts, call, wish, attempt=claim.attempt + 1 if claim else 0)
            if response is not None:
                return response
        elif claim.delivered or await is_started(parts, call, parse_public_id(claim.instance_id)):
            return _answer_repeat(parts, call, claim)
        elif utc_now() >= give_up_at:
            detail = "The first request with this Idempotency-Key is still under way. Repeat the request."
            raise Problem("unavailable", detail, retry_after=5)
        else:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


async def _is_abandoned(parts: Parts, call: Call, wish: Wish, claim: Claim) -> bool:
    """Tell whether the claim's start was never sent and never will be; Problem if the claim is another request's."""
    if claim.body != digest_input(wish.input):
        detail = "This Idempotency-Key was used for a start with another body. Send a new key with a new request."
        raise Problem("idempotency-key-reused", detail, members={"instanceId": claim.instance_id})
    if claim.delivered or not is_out_of_time(claim, utc_now(), parts.settings.timings):
        return False
    return not await is_started(parts, call, parse_public_id(claim.instance_id))


def is_out_of_time(claim: Claim, now: datetime, timings: Timings) -> bool:
    """Tell whether nobody can be sending the claim's start any more, and it would be visible if it had been sent."""
    return now - claim.claimed_at > timings.forward_deadline + timings.drain_margin + timings.visibility_delay


async def _claim_and_start(parts: Parts, call: Call, wish: Wish, *, attempt: int) -> func.HttpResponse | None:
    """Claim the key and start; None if somebody else has claimed it first."""
    decision = await decide(parts, call, wish)
    # The claim counts against the forward's deadline: it comes between the decision and the start.
    async with asyncio.timeout(parts.settings.timings.forward_deadline.total_seconds()):
        instance_id = str(make_public_id(decision.line, wish.key))
        claim = Claim(instance_id, digest_input(wish.input), utc_now(), attempt)
        if not await asyncio.to_thread(parts.claims.make, call.application, wish.key, claim):
            return None
        return await _start_claimed(parts, call, wish, decision, claim)


async def _start_claimed(
    parts: Parts, call: Call, wish: Wish, decision: Forward | Wait, claim: Claim
) -> func.HttpResponse:
    try:
        response = await carry_out(parts, call, wish, decision)
    except Problem as problem:
        if problem.kind.slug == "rejected-by-app":
            # The app has said no: a request that is put right may use the key. All else leaves room for doubt.
            await asyncio.to_thread(parts.claims.withdraw, call.application, wish.key, claim)
        raise
    await asyncio.to_thread(parts.claims.settle, call.application, wish.key, claim)
    return response


def digest_input(text: str) -> str:
    """Digest an input so that two ways of writing the same JSON are the same."""
    canonical = json.dumps(json.loads(text), sort_keys=True) if text else ""
    return hashlib.sha256(canonical.encode()).hexdigest()


def _answer_repeat(parts: Parts, call: Call, claim: Claim) -> func.HttpResponse:
    instance = public_instance(claim.instance_id)
    return accepted(parts, call, instance, route_text(instance.line, "started before with this Idempotency-Key"))
