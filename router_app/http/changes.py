"""Changes of the routing table on behalf of an HTTP request: guarded, then seen at once by this process."""

from collections.abc import Mapping
from typing import Any

from router_app.archived_lines import read_line
from router_app.http.call import Call, fresh_table
from router_app.http.reading import read_headers, read_query
from router_app.http.rejections import refused_change
from router_app.parts import Parts
from version_registry.codec import encode
from version_registry.transitions import ARCHIVED

LINE_FREE = "line_free"
"""The event that wakes sagas which wait for a line."""


async def change_table(parts: Parts, call: Call, operation: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Apply the operation and return what was granted; Problem if it was refused."""
    outcome = await _apply(parts, call, operation, args)
    if outcome.get("code") == ARCHIVED and await _restore(parts, call, outcome["line"]):
        outcome = await _apply(parts, call, operation, args)
    if not outcome.get("granted"):
        raise refused_change(outcome)
    for waiting in outcome.get("waiting", ()):
        await call.hub.wake(waiting, LINE_FREE)
    return outcome


async def _apply(parts: Parts, call: Call, operation: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        outcome: Mapping[str, Any] = await call.hub.change_table(call.application, operation, args)
    finally:
        parts.tables.forget(call.application)
    return outcome


async def _restore(parts: Parts, call: Call, name: str) -> bool:
    """Put a line back into the table that the operation needs; False if the archive does not have it."""
    table = await fresh_table(parts, call)
    line = await read_line(parts, table, name)
    if line is None:
        return name in table.lines
    await _apply(parts, call, "restore_line", {"line": encode(line)})
    return True


def expected_generation(call: Call) -> dict[str, int]:
    """Read the generation that the caller bases the change on: `If-Match: "17"` or `?generation=17`; optional."""
    from router_app.http.models.headers import Change as ChangeHeaders
    from router_app.http.models.queries import Change as ChangeQuery

    text = read_headers(call, ChangeHeaders).if_match or read_query(call, ChangeQuery).generation
    if text is None or text == "*":
        return {}
    return {"expected_generation": int(text.removeprefix("W/").strip('"'))}
