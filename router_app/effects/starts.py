"""The effect that delivers a waiting start to its app."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning import AppAnswer, ProvisioningError, VersionAppError
from router_app.effects.context import Args, EffectContext, app_of
from router_app.effects.outcomes import DEFAULT_RETRY_SECONDS, failed, ok, retry
from version_registry.model import LineStatus, VersionApp
from version_registry.sagas import Json

CLOCK_DOUBT = timedelta(seconds=5)
"""Statuses carry whole seconds, and clocks of two machines differ."""


async def forward_start(context: EffectContext, args: Args) -> Json:
    """Start the orchestration in its app, at most once, if the table still says that the app takes starts."""
    deadline = context.parts.settings.timings.forward_deadline.total_seconds()
    app = app_of(args)
    try:
        # The deadline counts from before the table is read: the drain waits for TABLE_TTL + FORWARD_DEADLINE only.
        async with asyncio.timeout(deadline):
            if await _is_archived(context, args):
                return ok(accepted=True, existed=True)
            if moved := await _moved(context, args):
                return retry(moved, retry_after=0.5)
            if await _is_started(context, app, args):
                return ok(accepted=True, existed=True)
            return _outcome(await _start(context, app, args))
    except (VersionAppError, ProvisioningError, TimeoutError) as error:
        code = getattr(error, "code", "timed_out")
        # Clients see this reason: it names no app and no host.
        return retry(f"The app cannot be asked yet ({code}).", retry_after=_pause_after(code, context))


async def find_start(context: EffectContext, args: Args) -> Json:
    """Tell whether an earlier try to forward the start was taken, by the line's app or by one that is retired."""
    # The app before the archive: what is in neither an app nor yet in the archive does not exist.
    table = await context.parts.tables.fresh_table(args["application"], context.hub.read_table)
    line = table.lines.get(args["line"]) if table else None
    try:
        if line is not None and line.app is not None and await _is_started(context, line.app, args):
            return ok(found=True)
    except (VersionAppError, ProvisioningError, TimeoutError) as error:
        return retry(f"The app cannot be asked yet ({getattr(error, 'code', 'timed_out')}).")
    return ok(found=await _is_archived(context, args))


def _pause_after(code: str, context: EffectContext) -> float:
    """Say when to try again. What timed out may have been taken: before its row is visible, a look finds nothing."""
    if code != "timed_out":
        return DEFAULT_RETRY_SECONDS
    timings = context.parts.settings.timings
    return (timings.visibility_delay + timings.drain_margin).total_seconds()


async def _is_archived(context: EffectContext, args: Args) -> bool:
    """Tell whether an earlier try has started it in an app that is retired since: it has run, and ran once.

    Looked up first: the line may have moved on only because that instance has ended.
    """
    known = await asyncio.to_thread(context.parts.archive.get, args["application"], args["instance_id"])
    return known is not None and _is_of_this_start(known, args)


async def _moved(context: EffectContext, args: Args) -> str:
    table = await context.parts.tables.fresh_table(args["application"], context.hub.read_table)
    line = table.lines.get(args["line"]) if table else None
    if line is None or line.status is not LineStatus.LIVE:
        return f"moved: the line {args['line']} is {line.status if line else 'unknown'}"
    if line.generation != args["line_generation"]:
        return f"moved: the line {args['line']} has a new app"
    return ""


async def _is_started(context: EffectContext, app: VersionApp, args: Args) -> bool:
    """Tell whether an earlier try has started it: a repeat would replace an instance that has ended since."""
    answer = await context.parts.apps.ask(
        app, lambda client: client.get_status(args["instance_id"], {"showInput": "false"})
    )
    if answer.status not in (200, 202, 404):
        raise VersionAppError(f"the app answered {answer.status}", "unexpected_answer")
    if answer.status == 404:
        return False
    return answer.status == 202 or _is_of_this_start(json.loads(answer.body), args)


def _is_of_this_start(status: Mapping[str, Any], args: Args) -> bool:
    """Tell whether an instance was created for this start, rather than for an earlier one that had its id."""
    created_at = datetime.fromisoformat(status["createdTime"]).astimezone(UTC)
    requested_at = args.get("requested_at")
    return requested_at is None or created_at >= datetime.fromisoformat(requested_at) - CLOCK_DOUBT


async def _start(context: EffectContext, app: VersionApp, args: Args) -> AppAnswer:
    body = (args.get("input") or "").encode()
    headers = args.get("headers") or {}
    return await context.parts.apps.ask(
        app, lambda client: client.start(args["name"], args["instance_id"], body, headers)
    )


def _outcome(answer: AppAnswer) -> Json:
    match answer.status:
        case 202:
            return ok(accepted=True, existed=False)
        case 409:
            return ok(accepted=True, existed=True)
        case status if 400 <= status < 500 and status not in (401, 403, 404, 408, 429):
            return failed("rejected_by_app", f"The app refused the start with status {status}.")
        case status:
            return retry(f"The app answered the start with status {status}.")
