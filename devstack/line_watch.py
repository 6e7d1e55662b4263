"""What the demo tells of a release or a line while it changes: each new word once."""

from typing import Any

from devstack.narrator import Narrator
from devstack.router_calls import Json, StoryError


class ReleaseWatch:
    """Tells the steps of a release."""

    def __init__(self, narrator: Narrator, version: str) -> None:
        """Tell of `version`."""
        self._narrator = narrator
        self._version = version
        self._told = ""

    def __call__(self, release: Json) -> None:
        """Take a look at the release."""
        operation = release.get("operation")
        progress = operation.get("progress") if isinstance(operation, dict) else ""
        text = str(progress or release["status"])
        if text != self._told:
            self._told = text
            self._narrator.happening(self._version, text)


class LineWatch:
    """Tells how a line is drained and retired."""

    def __init__(self, narrator: Narrator, name: str) -> None:
        """Tell of the line `name`."""
        self._narrator = narrator
        self._name = name
        self._told = ""

    def __call__(self, routes: Json) -> None:
        """Take a look at the table."""
        line = line_in(routes, self._name)
        text = f"{line['status']}: {line['condition']}" if line["condition"] else str(line["status"])
        if text != self._told:
            self._told = text
            self._narrator.happening(f"line {self._name}", text)


def line_in(routes: Json, name: str) -> Json:
    """Find a line in a routing table as the router shows it."""
    found: Any = next((line for line in routes["lines"] if line["name"] == name), None)
    if found is None:
        raise StoryError(f"the routing table has no line {name}: {routes}")
    return dict(found)


def show_routes(narrator: Narrator, routes: Json) -> None:
    """Show the table."""
    rows = [
        (
            line["name"],
            f"{line['status']}{', current' if line['current'] else ''}",
            line["active"] or "",
            (line["app"] or {}).get("name", "—"),
            ", ".join(release["version"] for release in line["releases"]),
        )
        for line in routes["lines"]
    ]
    columns = ("line", "status", "runs", "app", "releases")
    narrator.table(f"{routes['application']}: generation {routes['generation']}", columns, rows)
