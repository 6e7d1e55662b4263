"""The effect that reads a line from the archive, for a saga that needs it back in the table."""

from router_app.archived_lines import read_line
from router_app.effects.context import Args, EffectContext
from router_app.effects.outcomes import failed, ok
from version_registry.codec import encode
from version_registry.sagas import Json


async def recall_line(context: EffectContext, args: Args) -> Json:
    """Read the line; one that is back already is answered as it is."""
    table = await context.parts.tables.fresh_table(args["application"], context.hub.read_table)
    if table is None:
        return failed("unknown_application", f"No routing table knows {args['application']}.")
    line = table.lines.get(args["line"]) or await read_line(context.parts, table, args["line"])
    if line is None:
        return failed("not_archived", f"The archive does not have line {args['line']}.")
    return ok(line=encode(line))
