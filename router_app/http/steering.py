"""What admins do: look at routing tables and their logs, and steer."""

import asyncio
import re
from typing import Any

import azure.functions as func

from router_app.archived_lines import with_lines
from router_app.durable.client import utc_now
from router_app.housekeeping.orphan_notes import list_orphans
from router_app.http.call import Call, existing_table, fresh_table, json_response
from router_app.http.changes import change_table, expected_generation
from router_app.http.reading import read_body, read_query
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import RoutingTable
from version_registry.views import view_log, view_table

LINE_NAME = re.compile(r"[0-9][0-9a-z.]{0,63}")


async def show_all_routes(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer the routing tables of all applications."""
    names = await call.hub.read_catalogue()
    tables = await asyncio.gather(*(parts.tables.fresh_table(name, call.hub.read_table) for name in names))
    shown = [_view(parts, table) for table in tables if table is not None]
    return json_response({"applications": shown, "orphans": await list_orphans(parts)})


async def show_routes(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer the application's routing table; with `?all=true` also the lines that are in the archive."""
    from router_app.http.models.queries import ShowRoutes

    query = read_query(call, ShowRoutes)
    table = await fresh_table(parts, call)
    if query.all:
        table = await with_lines(parts, table, table.archived)
    return json_response(_view(parts, table), headers={"ETag": f'"{table.generation}"'})


async def show_log(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer what changed in the table, and why."""
    return json_response(view_log(await fresh_table(parts, call)))


async def promote(parts: Parts, call: Call) -> func.HttpResponse:
    """Make the line current. A pre-release needs `?force=true`."""
    return await _steer(parts, call, "promote", {"force": _is_forced(call)})


async def ramp(parts: Parts, call: Call) -> func.HttpResponse:
    """Send `{"percent": n}` of the requests that name no version to the line; 0 ends it."""
    from router_app.http.models.changes import RampChange

    percent = read_body(call, RampChange).percent
    return await _steer(parts, call, "ramp", {"percent": percent, "force": _is_forced(call)})


async def unkeep(parts: Parts, call: Call) -> func.HttpResponse:
    """Let the line be drained again."""
    return await _steer(parts, call, "keep", {"reason": None})


async def keep(parts: Parts, call: Call) -> func.HttpResponse:
    """Keep the line from being drained."""
    from router_app.http.models.changes import Keep

    reason = read_body(call, Keep).reason or _reason(call) or "kept by an admin"
    return await _steer(parts, call, "keep", {"reason": reason})


async def drain(parts: Parts, call: Call) -> func.HttpResponse:
    """Ask for the line to be drained without quiet period; the safety steps stay."""
    return await _steer(parts, call, "request_drain", {})


async def cancel_drain(parts: Parts, call: Call) -> func.HttpResponse:
    """Let a draining line take starts again."""
    return await _steer(parts, call, "cancel_drain", {"reason": _reason(call) or "cancelled by an admin"})


async def roll_back(parts: Parts, call: Call) -> func.HttpResponse:
    """Make the previous line current again."""
    return await _steer(parts, call, "rollback", {})


async def set_policy(parts: Parts, call: Call) -> func.HttpResponse:
    """Change the fields of the policy that the body names."""
    from router_app.http.models.changes import PolicyChange

    changes = read_body(call, PolicyChange).model_dump(mode="json", exclude_unset=True)
    return await _steer(parts, call, "set_policy", {"policy": changes})


async def _steer(parts: Parts, call: Call, operation: str, args: dict[str, Any]) -> func.HttpResponse:
    # An unknown application is told before an orchestration is made for it.
    await existing_table(parts, call)
    line = {"line": _line(call)} if "line" in call.route else {}
    outcome = await change_table(parts, call, operation, {**line, **args, **expected_generation(call)})
    return json_response({name: value for name, value in outcome.items() if name not in ("granted", "waiting")})


def _line(call: Call) -> str:
    """Return the line that the path names; Problem, before anything is stored, if no line can have that name."""
    name = call.route["line"]
    if LINE_NAME.fullmatch(name):
        return name
    raise Problem("unknown-line", f"{name[:40]!r} is not the name of a line, such as 1.4 or 1.4.2rc1.")


def _view(parts: Parts, table: RoutingTable) -> Any:
    return view_table(table, utc_now(), parts.settings.timings)


def _is_forced(call: Call) -> bool:
    from router_app.http.models.queries import ForcedChange

    return read_query(call, ForcedChange).force


def _reason(call: Call) -> str:
    from router_app.http.models.queries import ExplainedChange

    return read_query(call, ExplainedChange).reason or ""
