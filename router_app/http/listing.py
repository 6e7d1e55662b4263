"""The query over all instances of an application, also of retired lines: newest line first, with one paging token."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import azure.functions as func

from router_app.http.call import Call, existing_table, json_response
from router_app.http.instance_filters import InstanceFilter, read_filter
from router_app.http.line_pages import TOKEN_HEADER, LinePage, Wanted, read_app_page, read_archive_page
from router_app.http.positions import Part, Position, decode_position, encode_position, remaining
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import Line, RoutingTable
from version_registry.tombstones import find_line

MOST = 1000
READS = 8
"""So many parts of lines are looked through for one page: if none has an instance, an empty page has the token."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What is asked for."""

    lines: tuple[Line, ...]
    filter: InstanceFilter


async def list_instances(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer one page of instances; the response's token header, sent back, gets the next; empty means the end.

    A page holds instances of one line, so it can be short, even empty, with more to come.
    """
    lines = chosen_lines(await existing_table(parts, call), call.query.get("line"))
    return await list_lines(parts, call, Listed(lines, read_filter(call)))


async def list_lines(parts: Parts, call: Call, asked: Listed) -> func.HttpResponse:
    """Answer one page of the instances of these lines."""
    wanted = Wanted(asked.filter, _top(call))
    token = call.headers.get(TOKEN_HEADER) or call.query.get("continuationToken")
    todo = _worth_reading(remaining(asked.lines, decode_position(token) if token else None), wanted.filter)
    by_name = {line.name: line for line in asked.lines}
    entries: list[dict[str, Any]] = []
    for _ in range(READS):
        if not todo or entries:
            break
        line = by_name[todo[0].line]
        page = await _read(parts, call, line, todo[0], replace(wanted, filter=asked.filter.of_line(line.name)))
        entries = [{**entry, "line": line.name} for entry in page.entries]
        todo = [replace(todo[0], token=page.token), *todo[1:]] if page.token else todo[1:]
    return json_response(entries, headers={TOKEN_HEADER: encode_position(todo[0]) if todo else ""})


def chosen_lines(table: RoutingTable, only: str | None) -> tuple[Line, ...]:
    """Return all lines, those in the archive too, or the one that is asked for; Problem if it is not known."""
    names = [only] if only else [*table.lines, *table.archived]
    found = tuple(line for name in names if (line := find_line(table, name)) is not None)
    if only and not found:
        raise Problem("unknown-line", f"{table.application} has no line {only!r}. Its lines: {', '.join(table.lines)}.")
    return found


def _worth_reading(todo: Iterable[Position], wanted: InstanceFilter) -> list[Position]:
    """Leave out parts that cannot hold what is wanted."""
    line, separator, _ = wanted.prefix.partition("~")
    return [
        position
        for position in todo
        if (not separator or position.line == line) and (position.part is Part.APP or wanted.may_have_ended)
    ]


async def _read(parts: Parts, call: Call, line: Line, position: Position, wanted: Wanted) -> LinePage:
    if position.part is Part.APP:
        return await read_app_page(parts, call, line, wanted, position.token)
    return await read_archive_page(parts, call, line, wanted, position.token)


def _top(call: Call) -> int:
    text = call.query.get("top", "100")
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST:
        return int(text)
    raise Problem("invalid-parameter", f"top is {text[:20]!r}; it must be a number from 1 to {MOST}.")
