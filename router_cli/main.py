"""`durable-router`: the router from a shell or a pipeline."""

import sys
from collections.abc import Callable

import typer

from router_cli.commands import calling, looking, releasing, steering
from router_cli.connection import CommandError
from router_cli.session import print_error

EXIT_CODES = (
    "Exit codes: 0 done; 1 the router refused; 2 wrong command line; 3 no answer or server error, try again; "
    "4 what was begun has failed; 5 still going when the waiting ended."
)

app = typer.Typer(
    name="durable-router",
    help="Release, call and steer versioned Durable Functions apps through their router.",
    epilog=EXIT_CODES,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Release": {"release": releasing.release, "package": releasing.package},
    "Call": {"start": calling.start, "status": calling.status, "raise": calling.raise_event},
    "Look": {"routes": looking.routes, "log": looking.log},
    "Steer": {
        "promote": steering.promote,
        "ramp": steering.ramp,
        "rollback": steering.rollback,
        "keep": steering.keep,
        "drain": steering.drain,
        "policy": steering.policy,
    },
}
for panel, commands in PANELS.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(command)


def main() -> None:
    """Run the command line; what goes wrong is told in plain lines, and by the exit code."""
    try:
        app()
    except CommandError as exc:
        print_error(exc, as_json="--json" in sys.argv)
        sys.exit(exc.exit_code)
