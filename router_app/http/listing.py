"""The query over all instances of an application: line by line, newest line first, with one paging token."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from provisioning import AppAnswer
from router_app.http.app_answers import app_problem, passed_on
from router_app.http.call import Call, existing_table, json_response
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import Line, RoutingTable
from version_registry.versions import line_order

TOKEN_HEADER = "x-ms-continuation-token"
FILTERS = ("runtimeStatus", "createdTimeFrom", "createdTimeTo", "instanceIdPrefix", "showInput")
MOST = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: the line, and that app's own token within it."""

    line: str
    token: str | None = None


async def list_instances(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer one page of instances; the response's token header, sent back, gets the next; empty means the end.

    A page holds instances of one line, so it can be short, even empty, with more to come.
    """
    lines = _asked_lines(await existing_table(parts, call), call.query.get("line"))
    token = call.headers.get(TOKEN_HEADER) or call.query.get("continuationToken")
    position = decode_position(token) if token else (Position(lines[0].name) if lines else None)
    line = _line_at(lines, position)
    if line is None or line.app is None or position is None:
        return json_response([], headers={TOKEN_HEADER: ""})
    answer = await _ask(parts, call, line, position.token)
    following = _next_position(lines, line, answer)
    headers = {TOKEN_HEADER: encode_position(following) if following else ""}
    return json_response([{**passed_on(entry), "line": line.name} for entry in _entries(answer)], headers=headers)


def encode_position(position: Position) -> str:
    """Write a position as an opaque token."""
    return base64.urlsafe_b64encode(json.dumps([position.line, position.token]).encode()).decode()


def decode_position(text: str) -> Position:
    """Read a token; Problem if it is none of ours."""
    try:
        line, token = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (ValueError, TypeError) as error:
        raise Problem("invalid-parameter", "The continuation token is not one that this query answered.") from error
    if not isinstance(line, str) or not isinstance(token, str | None):
        raise Problem("invalid-parameter", "The continuation token is not one that this query answered.")
    return Position(line, token)


def _asked_lines(table: RoutingTable, only: str | None) -> list[Line]:
    if only is not None and only not in table.lines:
        raise Problem("unknown-line", f"{table.application} has no line {only!r}. Its lines: {', '.join(table.lines)}.")
    with_app = [line for line in table.lines.values() if line.app is not None and only in (None, line.name)]
    return sorted(with_app, key=lambda line: line_order(line.name), reverse=True)


def _line_at(lines: list[Line], position: Position | None) -> Line | None:
    """Find the line to read; if it has been retired since the token was made, the next older one."""
    if position is None:
        return None
    wanted = line_order(position.line)
    return next((line for line in lines if line_order(line.name) <= wanted), None)


async def _ask(parts: Parts, call: Call, line: Line, token: str | None) -> AppAnswer:
    if line.app is None:
        raise Problem("unknown-line", f"The line {line.name} has no app.")
    query = {"showInput": "false"} | {name: call.query[name] for name in FILTERS if name in call.query}
    query["top"] = str(_top(call))
    headers = {TOKEN_HEADER: token} if token else {}
    answer = await parts.apps.ask(
        line.app, lambda client: client.manage("GET", "instances", query=query, headers=headers, body=b"")
    )
    if answer.status != 200:
        raise app_problem(answer, line.app)
    return answer


def _top(call: Call) -> int:
    text = call.query.get("top", "100")
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST:
        return int(text)
    raise Problem("invalid-parameter", f"top is {text[:20]!r}; it must be a number from 1 to {MOST}.")


def _entries(answer: AppAnswer) -> list[dict[str, Any]]:
    entries = json.loads(answer.body)
    # Entities are told by their id: `@name@key`.
    return [entry for entry in entries if not str(entry.get("instanceId", "")).startswith("@")]


def _next_position(lines: list[Line], line: Line, answer: AppAnswer) -> Position | None:
    token = next((value for name, value in answer.headers.items() if name.lower() == TOKEN_HEADER), "")
    if token not in ("", "null"):
        return Position(line.name, token)
    older = lines[lines.index(line) + 1 :]
    return Position(older[0].name) if older else None
