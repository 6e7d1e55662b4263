"""A version app that tells on itself: every execution of a trip leaves a line in a file that all versions share."""

from pathlib import Path

from router_cli.packaging import pack_folder

HOST_JSON = '{"version": "2.0", "extensions": {"http": {"routePrefix": "api"}}}'

CODE = """
import os
from datetime import timedelta

import azure.durable_functions as df

VERSION = "{version}"
app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def trip(context):
    asked = context.get_input()
    # The same in every replay, another in every execution: so a trip that ran twice is told from one that replayed.
    run = context.new_uuid()
    place = yield context.call_activity("depart", {{"trip": context.instance_id, "run": run}})
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=asked["seconds"]))
    if asked["waits"]:
        yield context.wait_for_external_event("go")
    visits = yield context.call_entity(df.EntityId("visits", asked["nonce"]), "add", 1)
    parcel = yield context.call_activity("arrive", asked["nonce"])
    return {{"parcel": parcel, "from": place, "visits": visits, "run": run}}


@app.activity_trigger(input_name="given")
def depart(given: dict) -> str:
    note = os.open("{notes}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(note, f"{{given['trip']}} {{given['run']}}\\n".encode())
    os.close(note)
    return VERSION


@app.activity_trigger(input_name="nonce")
def arrive(nonce: str) -> str:
    return f"parcel of {{nonce}}"


@app.entity_trigger(context_name="context")
def visits(context: df.DurableEntityContext) -> None:
    count = context.get_state(lambda: 0) + context.get_input()
    context.set_state(count)
    context.set_result(count)
"""


def pack_trips(version: str, folder: Path, notes: Path) -> bytes:
    """Pack a version whose executions are noted in `notes`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "function_app.py").write_text(CODE.format(version=version, notes=notes))
    (folder / "host.json").write_text(HOST_JSON)
    (folder / "requirements.txt").write_text("azure-functions-durable\n")
    return pack_folder(folder)


def executions(notes: Path) -> dict[str, set[str]]:
    """Read which executions every trip had."""
    found: dict[str, set[str]] = {}
    for line in notes.read_text().splitlines():
        trip, run = line.split()
        found.setdefault(trip, set()).add(run)
    return found
