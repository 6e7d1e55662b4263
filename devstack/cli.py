"""`python -m devstack run | demo | key`: the product on one machine."""

import signal
import sys
import time
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from devstack import demo as story
from devstack.errors import StackError
from devstack.first_steps import describe_first_steps
from devstack.keys import load_or_create_keys
from devstack.pace import UNHURRIED
from devstack.router_site import Tell
from devstack.stack import Stack

DEFAULT_PORT = 7070
DEFAULT_STATE = Path(".local")

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
State = Annotated[Path, typer.Option("--state", help="Folder that keeps everything between starts.")]


class Role(StrEnum):
    """Whose key is asked for."""

    CLIENT = "client"
    RELEASE = "release"
    ADMIN = "admin"


@app.command()
def run(
    port: Annotated[int, typer.Option(help="Port of the local Azure.")] = DEFAULT_PORT, state: State = DEFAULT_STATE
) -> None:
    """Start the router on a local Azure, and stay up until Ctrl-C. A second start goes on with the state."""
    console = Console(highlight=False, soft_wrap=True)
    with Stack(state, port=port, pace=UNHURRIED, tell=_stage_printer(console)) as stack:
        console.print(describe_first_steps(stack))
        try:
            _stay_up(stack)
        except KeyboardInterrupt:
            # From here on everything ends in order, and within a bounded time: a second Ctrl-C would only leave debris.
            _ignore_stop_signals()
            console.print("stopping …")
    console.print("stopped; `make run` goes on from here")


@app.command()
def demo() -> None:
    """Play the whole story against a fresh router, checking every step, then exit."""
    story.play(Console(highlight=False))


@app.command()
def key(role: Role, state: State = DEFAULT_STATE) -> None:
    """Print a key of the local router, for `$(…)` in a shell."""
    file = state / "keys.json"
    if not file.exists():
        raise StackError(f"there is no {file}: the keys are made by the first `make run`")
    sys.stdout.write(f"{asdict(load_or_create_keys(file))[role.value]}\n")


def main() -> None:
    """Run the command line; what goes wrong is told in plain lines."""
    # A closed terminal window ends everything in order, as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        app()
    except StackError as exc:
        sys.stderr.write(f"devstack: {exc}\n")
        sys.exit(1)


def _stay_up(stack: Stack) -> NoReturn:
    while not stack.azure.has_ended():
        time.sleep(0.5)
    raise StackError(f"the local Azure ended by itself; see {stack.azure.log}")


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _ignore_stop_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _stage_printer(console: Console) -> Tell:
    began = time.monotonic()
    return lambda stage: console.print(f"  {time.monotonic() - began:4.1f} s  {stage}")
