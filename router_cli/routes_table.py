"""A routing table, drawn."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from router_cli.connection import Json

STATUS_STYLES = {
    "live": "green",
    "provisioning": "yellow",
    "draining": "yellow",
    "retiring": "yellow",
    "retired": "dim",
    "registered": "dim",
}


def draw_routes(routes: Json) -> RenderableType:
    """Draw one application's table."""
    current = routes.get("current") or "none"
    title = f"{routes['application']}   current {current}   generation {routes['generation']}"
    table = Table(
        "line", "status", "release", "app", "unfinished", "what it waits for", title=title, title_justify="left"
    )
    for line in routes["lines"]:
        table.add_row(*_row(line))
    return Group(table)


def draw_log(log: Json) -> RenderableType:
    """Draw the newest changes of a table."""
    table = Table("time", "generation", "operation", "line", "what and why")
    for entry in log["log"]:
        table.add_row(
            _time(entry["at"]), str(entry["generation"]), entry["operation"], entry["line"] or "", entry["detail"]
        )
    return table


def _row(line: Json) -> tuple[RenderableType, ...]:
    unfinished = (line["last_count"] or {}).get("unfinished")
    status = Text(line["status"], style=STATUS_STYLES.get(line["status"], ""))
    if line["current"]:
        status.append(" · current", style="bold")
    return (
        Text(line["name"], style="bold" if line["current"] else ""),
        status,
        line["active"] or "",
        (line["app"] or {}).get("name", ""),
        "" if unfinished is None else str(unfinished),
        line["condition"],
    )


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%m-%d %H:%M:%S}"
