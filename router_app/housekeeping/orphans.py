"""The sweep: finds version apps with this router's tags that no table knows, and removes those that nobody misses.

Whatever cannot be read ends the sweep: an app is unknown only if the platform and every table have said so. What is
decided, and why that is safe, stands in version_registry/orphans.py.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from provisioning import OwnedApp, Pending, ProvisioningError, candidate_names, ownership_tags
from provisioning.spec import TAG_APPLICATION, TAG_GENERATION, TAG_LINE
from router_app.durable.client import Hub, utc_now
from router_app.effects.apps import app_spec
from router_app.effects.context import EffectContext
from router_app.effects.instances import export_instances, look_at
from router_app.housekeeping.orphan_notes import note_orphan, read_orphan
from router_app.parts import Parts
from router_app.settings import Settings
from version_registry.model import Count, RoutingTable, VersionApp
from version_registry.orphans import (
    Orphan,
    Remove,
    Spare,
    SweepTimings,
    TaggedApp,
    is_orphan,
    is_past_grace,
    is_to_be_emptied,
    judge_orphan,
    was_never_live,
)

log = logging.getLogger("durable_router")

LOOKED_INTO_AT_MOST = 5
"""Orphans past their grace in one round; the others have time."""
PAGES_AT_MOST = 1000


async def sweep_orphans(parts: Parts, hub: Hub) -> None:
    """Look once for orphans, and go on with those that are known."""
    # The apps first: one that is made while the tables are read is not seen, and so not taken for unknown.
    owned = await asyncio.to_thread(parts.platform.list_owned)
    apps = [app for one in owned if (app := read_tags(parts.settings, one)) is not None]
    tables = {name: await hub.read_table(name) for name in sorted({app.application for app in apps})}
    orphans = [app for app in apps if is_orphan(tables[app.application], app)]
    await _forget_others(parts, {app.name for app in orphans})
    budget = LOOKED_INTO_AT_MOST
    for app in orphans:
        orphan = await _sight(parts, app)
        if is_past_grace(orphan, utc_now(), _timings(parts.settings)) and budget:
            budget -= 1
            await _look_into(parts, hub, orphan, tables[app.application])


def read_tags(settings: Settings, owned: OwnedApp) -> TaggedApp | None:
    """Read whose app it is; None unless all tags are there and the name is one that this router gives it."""
    application, line, generation = (owned.tags.get(tag, "") for tag in (TAG_APPLICATION, TAG_LINE, TAG_GENERATION))
    if not (application and line and generation.isascii() and generation.isdigit()):
        return None
    spec = app_spec(settings, application, line, int(generation))
    if owned.name not in candidate_names(spec.name):
        return None
    return TaggedApp(owned.name, application, line, int(generation))


def _timings(settings: Settings) -> SweepTimings:
    timings = settings.timings
    # Whoever read the notes before the app was condemned has asked the platform, or given up, by then.
    patience = timings.forward_deadline + timings.drain_margin + timings.visibility_delay
    return SweepTimings(settings.orphan_grace, max(patience, timedelta(seconds=2)))


async def _forget_others(parts: Parts, orphans: set[str]) -> None:
    for name in await asyncio.to_thread(lambda: sorted(parts.orphans.names())):
        if name not in orphans:
            log.info("Housekeeping: the app %s is no orphan any more", name)
            await asyncio.to_thread(parts.orphans.delete, name)


async def _sight(parts: Parts, app: TaggedApp) -> Orphan:
    known = await asyncio.to_thread(read_orphan, parts, app.name)
    if known is not None:
        return known
    orphan = Orphan(app, first_seen_at=utc_now(), reason="no table knows it; it is left alone for now")
    log.warning("Housekeeping: no table knows the app %s of line %s of %s", app.name, app.line, app.application)
    await asyncio.to_thread(note_orphan, parts, orphan)
    return orphan


async def _look_into(parts: Parts, hub: Hub, orphan: Orphan, table: RoutingTable | None) -> None:
    host = await asyncio.to_thread(parts.platform.host_of, orphan.app.name)
    app = VersionApp(orphan.app.name, host)
    counted = replace(orphan, count=await look_at(parts, app))
    never_live = was_never_live(table, orphan.app)
    match judge_orphan(counted, utc_now(), _timings(parts.settings), never_live=never_live):
        case Spare(noted):
            await _note_change(parts, orphan, noted)
        case Remove(condemned):
            await _remove(parts, hub, condemned, app)


async def _note_change(parts: Parts, before: Orphan, after: Orphan) -> None:
    if after.reason != before.reason:
        log.warning("Housekeeping: the orphan %s: %s", after.app.name, after.reason)
    await asyncio.to_thread(note_orphan, parts, after)


async def _remove(parts: Parts, hub: Hub, orphan: Orphan, app: VersionApp) -> None:
    """Remove it if it is still an orphan and, once its instances are in the archive, still has nothing unfinished."""
    table = await hub.read_table(orphan.app.application)
    if not is_orphan(table, orphan.app):
        return
    if is_to_be_emptied(orphan, never_live=was_never_live(table, orphan.app)):
        if obstacle := await _archive(parts, hub, orphan, app):
            await _note_change(parts, orphan, replace(orphan, condemned_at=None, emptied_at=None, reason=obstacle))
            return
        # Before the app is stopped: if a lock or a crash cuts the removal off, nobody can count in it again.
        orphan = replace(orphan, emptied_at=utc_now())
        await asyncio.to_thread(note_orphan, parts, orphan)
    await _delete(parts, orphan)


async def _delete(parts: Parts, orphan: Orphan) -> None:
    """Ask for the app's deletion; until it is gone the app stays condemned, and each round asks once more."""
    tagged = orphan.app
    tags = ownership_tags(parts.settings.router_id, tagged.application, tagged.line, tagged.generation)
    try:
        deleted = await asyncio.to_thread(parts.platform.ensure_absent, tagged.name, tags)
    except ProvisioningError as error:
        # Said, and no reason to leave the other orphans alone.
        await _note_change(parts, orphan, replace(orphan, reason=f"it could not be removed yet: {error.message}"))
        return
    finally:
        parts.apps.forget(tagged.name)
    if isinstance(deleted, Pending):
        await _note_change(parts, orphan, replace(orphan, reason=deleted.doing))
        return
    await asyncio.to_thread(parts.orphans.delete, tagged.name)
    log.warning("Housekeeping: the orphan %s is removed: %s", tagged.name, ", ".join(deleted))


async def _archive(parts: Parts, hub: Hub, orphan: Orphan, app: VersionApp) -> str:
    """Export all instances and count once more; return what is in the way of a removal."""
    place = {"application": orphan.app.application, "line": orphan.app.line}
    args = {**place, "app": {"name": app.name, "host": app.host}, "cursor": None}
    for _ in range(PAGES_AT_MOST):
        outcome = await export_instances(EffectContext(parts, hub), args)
        if "ok" not in outcome:
            return "its finished instances could not be archived"
        if outcome["ok"]["cursor"] is None:
            break
        args["cursor"] = outcome["ok"]["cursor"]
    count: Count = await look_at(parts, app)
    return "" if count.unfinished == 0 else f"counted once more: {count.unfinished} unfinished instances {count.reason}"
