"""Retirement by hand: what the monitor would do in time, asked for now; no step of the safety argument is left out."""

import azure.functions as func

from router_app.http.call import Call, fresh_table, json_response
from router_app.http.changes import LINE_FREE, expected_generation
from router_app.http.steering import drain
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.identifiers import monitor_id
from version_registry.model import LineStatus
from version_registry.tombstones import find_line

UNDER_WAY = frozenset({LineStatus.RETIRING, LineStatus.RETIRED})


async def retire(parts: Parts, call: Call) -> func.HttpResponse:
    """Have the line drained and its app deleted; a line that is retired, or being so, stays as it is."""
    table = await fresh_table(parts, call)
    line = find_line(table, call.route["line"])
    if line is not None and line.status in UNDER_WAY:
        if expected_generation(call).get("expected_generation", table.generation) != table.generation:
            raise Problem("stale", f"The routing table has the generation {table.generation} by now.")
        return json_response({"line": line.name, "status": line.status.value, "generation": table.generation})
    response = await drain(parts, call)
    # It would look by itself in a while.
    await call.hub.wake(monitor_id(call.application), LINE_FREE)
    return response
