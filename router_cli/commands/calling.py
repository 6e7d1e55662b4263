"""Commands of clients: start an orchestration, see it, tell it something."""

import time
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.pretty import Pretty
from rich.table import Table

from router_cli.connection import ExitCode, Json
from router_cli.paths import instance_path, orchestration_path
from router_cli.session import AsJson, Key, Url, open_session, read_json_argument

FINISHED = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
POLL_SECONDS = 1.0

Application = Annotated[str, typer.Argument(help="The application.")]
Instance = Annotated[str, typer.Argument(help="The instance's id, such as 1.4~order-77.")]


def start(
    application: Application,
    orchestrator: Annotated[str, typer.Argument(help="The orchestrator to run.")],
    version: Annotated[str, typer.Option(help="1.4, 1, ~=1.4, latest …; without: the current line.")] = "",
    instance: Annotated[str, typer.Option("--id", help="An id of your own; the line is put before it.")] = "",
    data: Annotated[str, typer.Option("--input", help="JSON, @file or @- for stdin.")] = "null",
    repeat_key: Annotated[str, typer.Option("--idempotency-key", help="Makes a repeated start harmless.")] = "",
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Start an orchestration."""
    session = open_session(url, key, as_json=as_json)
    answer = session.connection.call(
        "POST",
        orchestration_path(application, orchestrator, instance),
        body=read_json_argument(data),
        params={"version": version} if version else None,
        headers={"idempotency-key": repeat_key} if repeat_key else None,
    )
    route = answer.headers.get("x-durable-router-route", "")
    session.show(answer.body, f"{answer.body['id']}" + (f"  ({route})" if route else ""))


def status(
    application: Application,
    instance: Instance,
    wait: Annotated[float, typer.Option(help="Wait at most so many seconds for its end.")] = 0,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show an instance; with --wait, exit 4 if it failed and 5 if it goes on."""
    session = open_session(url, key, as_json=as_json)
    path = instance_path(application, instance)
    deadline = time.monotonic() + wait
    while (state := session.connection.call("GET", path).body)["runtimeStatus"] not in FINISHED:
        if time.monotonic() >= deadline:
            break
        time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
    session.show(state, _describe_instance(state))
    if wait:
        raise typer.Exit(_exit_code_of(state["runtimeStatus"]))


def raise_event(
    application: Application,
    instance: Instance,
    event: Annotated[str, typer.Argument(help="The event's name.")],
    data: Annotated[str, typer.Option("--data", help="JSON, @file or @- for stdin.")] = "null",
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Raise an event for an instance that waits for it."""
    session = open_session(url, key, as_json=as_json)
    path = f"{instance_path(application, instance)}/raiseEvent/{event}"
    answer = session.connection.call("POST", path, body=read_json_argument(data))
    session.show(answer.body, f"{event} raised for {instance}")


def _exit_code_of(runtime_status: str) -> ExitCode:
    if runtime_status not in FINISHED:
        return ExitCode.STILL_GOING
    return ExitCode.DONE if runtime_status == "Completed" else ExitCode.FAILED


def _describe_instance(state: Json) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    rows = ("name", "instanceId", "runtimeStatus", "customStatus", "createdTime", "lastUpdatedTime", "input", "output")
    for row in rows:
        value = state.get(row)
        if value is not None:
            table.add_row(row, value if isinstance(value, str) else Pretty(value))
    return table
