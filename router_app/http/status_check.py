"""The status check for gates of the slot strategy: does anything of the application still run?"""

import asyncio
from typing import Any

import azure.functions as func

from router_app.effects.instances import look_at
from router_app.http.call import Call, fresh_table, json_response
from router_app.parts import Parts
from version_registry.model import Count


async def show_status_check(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer whether any instance of any line is unfinished; what is not known counts as running."""
    table = await fresh_table(parts, call)
    lines = [line for line in table.lines.values() if line.app is not None]
    counts = await asyncio.gather(*(look_at(parts, line.app) for line in lines if line.app))
    waiting = any(line.waiting for line in table.lines.values())
    return json_response(
        {
            "hasRunning": waiting or any(count.unfinished != 0 for count in counts),
            "lines": {line.name: _describe(count) for line, count in zip(lines, counts, strict=True)},
        }
    )


def _describe(count: Count) -> dict[str, Any]:
    if count.unfinished is None:
        return {"unfinished": None, "reason": "The version app did not answer the count."}
    return {"unfinished": count.unfinished}
