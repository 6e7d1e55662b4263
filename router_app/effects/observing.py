"""The monitor's look at an application: its table, the counts of superseded lines, and holders that have died."""

import asyncio
from dataclasses import replace

from router_app.effects.context import Args, EffectContext
from router_app.effects.instances import look_at
from router_app.effects.outcomes import failed, ok
from version_registry.codec import encode, encode_table
from version_registry.model import Line, LineStatus, RoutingTable
from version_registry.sagas import Json


async def observe_application(context: EffectContext, args: Args) -> Json:
    """Read the table, and for each superseded live line what its app still runs."""
    table = await context.parts.tables.fresh_table(args["application"], context.hub.read_table)
    if table is None:
        return failed("unknown_application", f"No routing table knows {args['application']}.")
    superseded = [line for line in table.lines.values() if is_superseded(table, line)]
    counts = await asyncio.gather(*(look_at(context.parts, line.app) for line in superseded if line.app))
    held = [line for line in table.lines.values() if line.holder]
    alive = await asyncio.gather(*(_is_alive(context, line.holder) for line in held))
    return ok(
        # No plan needs the log, which is most of the table.
        table=dict(encode_table(replace(table, log=()))),
        counts={line.name: encode(count) for line, count in zip(superseded, counts, strict=True)},
        dead_holders=[line.name for line, lives in zip(held, alive, strict=True) if not lives],
    )


def is_superseded(table: RoutingTable, line: Line) -> bool:
    """Tell whether the line is live without being current."""
    return line.status is LineStatus.LIVE and line.app is not None and line.name != table.current


async def _is_alive(context: EffectContext, holder: str | None) -> bool:
    operation = await context.hub.look_up(holder) if holder else None
    return operation is not None and operation.alive
