"""Refuses a release that would need one version app too many, before anything of it is taken."""

import asyncio
from dataclasses import asdict

from router_app.durable.client import utc_now
from router_app.http.call import Call
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import RoutingTable
from version_registry.places import explain_limit, held_places, needs_place
from version_registry.versions import line_of


async def require_place(parts: Parts, call: Call, table: RoutingTable | None, version: str) -> None:
    """Raise Problem `app-limit` if deploying the version would make an app for which no place is left."""
    if not needs_place(table, line_of(version)):
        return
    limit = parts.settings.max_apps
    places = held_places(await _all_tables(parts, call, table), utc_now(), parts.settings.timings)
    # A key of one application tells its holder nothing of the others.
    named = tuple(place for place in places if call.sees(place.application))
    if detail := explain_limit(named, limit, unnamed=len(places) - len(named)):
        raise Problem("app-limit", detail, members={"limit": limit, "places": [asdict(place) for place in named]})


async def _all_tables(parts: Parts, call: Call, own: RoutingTable | None) -> list[RoutingTable]:
    """Read every application's table. Its own may be too new to be in the catalogue."""
    names = set(await call.hub.read_catalogue()) - {call.application}
    others = await asyncio.gather(*(parts.tables.fresh_table(name, call.hub.read_table) for name in sorted(names)))
    return [table for table in (own, *others) if table is not None]
