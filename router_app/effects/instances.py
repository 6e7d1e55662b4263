"""Effects on the instances of an app: count what is unfinished, export what has ended."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from provisioning import ProvisioningError, VersionAppError
from router_app.effects.context import Args, EffectContext, app_of
from router_app.effects.outcomes import ok, retry
from router_app.http.hiding import Hidden, hide_in_value
from router_app.parts import Parts
from version_registry.codec import encode
from version_registry.identifiers import archive_id
from version_registry.model import Blocker, Count, VersionApp
from version_registry.sagas import Json

WRITES_AT_ONCE = 8


async def count_unfinished(context: EffectContext, args: Args) -> Json:
    """Count the app's unfinished instances; an app that does not answer is a count too: unknown."""
    return ok(count=encode(await look_at(context.parts, app_of(args))))


async def look_at(parts: Parts, app: VersionApp) -> Count:
    """Count now. Unknown is not zero."""
    # Before the look: a count proves nothing about what started while it was under way.
    began_at = datetime.now(UTC)
    try:
        client = await parts.apps.open(app)
        seen = await client.count_unfinished()
    except ProvisioningError as error:
        return Count(at=began_at, unfinished=None, reason=error.message)
    if seen.unfinished is None:
        # The key may have been rotated.
        parts.apps.forget(app.name)
    blockers = tuple(Blocker(b.instance_id, b.name, b.status, b.created_at) for b in seen.blockers)
    return Count(at=began_at, unfinished=seen.unfinished, reason=seen.reason, blockers=blockers)


async def export_instances(context: EffectContext, args: Args) -> Json:
    """Copy one page of the app's instances to the archive."""
    client = await context.parts.apps.open(app_of(args))
    try:
        page = await client.list_instances(args.get("cursor"))
    except VersionAppError as error:
        context.parts.apps.forget(args["app"]["name"])
        return retry(error.message)
    hidden = await _hidden(context.parts, args)
    writers = asyncio.Semaphore(WRITES_AT_ONCE)
    await asyncio.gather(*(_keep(context.parts, args, hide_in_value(one, hidden), writers) for one in page.instances))
    return ok(exported=len(page.instances), cursor=page.cursor)


async def _hidden(parts: Parts, args: Args) -> Hidden:
    """What instances may have written of their app: the archive keeps no key, and answers when nobody knows them."""
    application_url = f"{parts.settings.public_url or ''}/api/{args['application']}"
    app = app_of(args)
    return Hidden(app.host, await parts.apps.secrets(app), application_url, args["line"])


async def _keep(parts: Parts, args: Args, status: dict[str, Any], writers: asyncio.Semaphore) -> None:
    name = archive_id(args["line"], status["instanceId"])
    async with writers:
        await asyncio.to_thread(parts.archive.put, args["application"], name, status)
