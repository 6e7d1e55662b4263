"""What every command shares: where the router is, how to print, and how errors end the process."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from router_cli.connection import CommandError, Connection, ExitCode, Json

Url = Annotated[str, typer.Option("--url", envvar="DURABLE_ROUTER_URL", help="Where the router is.")]
Key = Annotated[str, typer.Option("--key", envvar="DURABLE_ROUTER_KEY", help="A key of the router.", show_envvar=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the router's JSON instead of text.")]


@dataclass(frozen=True, slots=True)
class Session:
    """One command's connection and output."""

    connection: Connection
    as_json: bool
    console: Console

    def show(self, body: Any, text: object) -> None:
        """Print the router's answer as it came, or the text for people."""
        if self.as_json:
            print_json(body)
        else:
            self.console.print(text)

    def note(self, text: str) -> None:
        """Tell people what goes on; --json leaves stdout to the one answer."""
        if not self.as_json:
            self.console.print(text, style="dim")


def open_session(url: str, key: str, *, as_json: bool) -> Session:
    """Check what a connection needs."""
    if not url:
        raise CommandError("say where the router is: --url or DURABLE_ROUTER_URL", ExitCode.USAGE)
    if not key:
        raise CommandError("show a key of the router: --key or DURABLE_ROUTER_KEY", ExitCode.USAGE)
    return Session(Connection(url, key), as_json, Console(highlight=False))


def print_json(body: Any) -> None:
    """Print JSON to stdout."""
    sys.stdout.write(f"{json.dumps(body, indent=2, ensure_ascii=False)}\n")


def read_json_argument(text: str) -> Any:
    """Read JSON from the command line, from a file (`@name`), or from stdin (`@-`)."""
    if text == "@-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = Path(text[1:]).read_text()
    try:
        return json.loads(text)
    except ValueError as exc:
        raise CommandError(f"not JSON: {text[:80]!r} ({exc})", ExitCode.USAGE) from exc


def print_error(error: CommandError, *, as_json: bool) -> None:
    """Print an error to stderr: the problem details with --json, else one line, and the members that help."""
    if as_json and error.problem is not None:
        sys.stderr.write(f"{json.dumps(error.problem, ensure_ascii=False)}\n")
        return
    sys.stderr.write(f"durable-router: {error}\n")
    for name, value in _further_members(error.problem).items():
        sys.stderr.write(f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}\n")


def _further_members(problem: Json | None) -> Json:
    shown = {"type", "title", "status", "detail", "instance"}
    return {name: value for name, value in (problem or {}).items() if name not in shown}
