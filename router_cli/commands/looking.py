"""Commands that look: routing tables and their log."""

import time
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live

from router_cli.connection import Json
from router_cli.paths import application_path
from router_cli.routes_table import draw_log, draw_routes
from router_cli.session import AsJson, Key, Session, Url, open_session

WATCH_SECONDS = 1.0


def routes(
    application: Annotated[str, typer.Argument(help="The application; without, all of them.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Draw it again every second, until Ctrl-C.")] = False,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show routing tables: lines, their apps, and what superseded lines wait for."""
    session = open_session(url, key, as_json=as_json)
    path = f"{application_path(application)}/routes" if application else "routes"
    if watch and not as_json:
        _watch(session, path)
    body = session.connection.call("GET", path).body
    session.show(body, _draw(body))


def log(
    application: Annotated[str, typer.Argument(help="The application.")],
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show what changed in a routing table, and why."""
    session = open_session(url, key, as_json=as_json)
    body = session.connection.call("GET", f"{application_path(application)}/log").body
    session.show(body, draw_log(body))


def _watch(session: Session, path: str) -> None:
    with Live(console=session.console, auto_refresh=False) as live:
        while True:
            live.update(_draw(session.connection.call("GET", path).body), refresh=True)
            time.sleep(WATCH_SECONDS)


def _draw(body: Json) -> RenderableType:
    tables = body.get("applications", [body])
    return Group(*(draw_routes(table) for table in tables)) if tables else "no application yet"
