"""A superseded line says what it waits for, and names who keeps it: also what will never end by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ETERNAL = """
from datetime import timedelta


@app.orchestration_trigger(context_name="context")
def tick(context):
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=0.5))
    context.continue_as_new((context.get_input() or 0) + 1)
"""


@pytest.fixture(scope="module")
def blocked(open_router):
    return open_router("blocked")


def await_blockers(router, wanted):
    """Wait until the line's count names these instances with their status."""
    return router.await_json(
        lambda: router.call("admin", "GET", "/routes"),
        lambda _: {one["instance_id"]: one["status"] for one in blockers_of(router)} == wanted,
        what=f"blockers {wanted}",
    )


def blockers_of(router):
    return (router.line("1.0")["last_count"] or {"blockers": []})["blockers"]


def test_what_never_ends_and_what_is_suspended_are_named_until_they_are_gone(blocked):
    began = datetime.now(UTC)
    blocked.deploy("1.0.0", zip_version("1.0.0", more=ETERNAL))
    eternal = blocked.start("tick", key="eternal").json()["id"]
    suspended = blocked.start("await_event", key="asleep").json()["id"]
    blocked.await_custom_status(suspended, "waiting")
    assert blocked.command(suspended, "suspend").status_code == 202
    # An entity reads Running for ever, and keeps nothing.
    path = "/v/1.0/entities/counter/visits"
    assert blocked.call("client", "POST", path, params={"op": "add"}, json=1).status_code == 202
    assert blocked.finished(blocked.start("echo").json()["id"])["runtimeStatus"] == "Completed"

    blocked.deploy("1.1.0", zip_version("1.1.0"))
    await_blockers(blocked, {eternal: "Running", suspended: "Suspended"})

    line = blocked.line("1.0")
    assert line["condition"] == "2 unfinished instances"
    assert {one["instance_id"]: one["name"] for one in line["last_count"]["blockers"]} == {
        eternal: "tick",
        suspended: "await_event",
    }
    for blocker in line["last_count"]["blockers"]:
        age = datetime.now(UTC) - datetime.fromisoformat(blocker["created_at"])
        assert timedelta(0) < age < datetime.now(UTC) - began

    assert blocked.command(eternal, "terminate").status_code == 202
    await_blockers(blocked, {suspended: "Suspended"})
    assert blocked.line("1.0")["condition"] == "1 unfinished instance"
    assert blocked.command(suspended, "resume").status_code == 202
    assert blocked.command(suspended, "raiseEvent/go", json="done").status_code == 202
    receipt = blocked.await_line("1.0", "retired")["receipt"]
    assert {count["unfinished"] for count in receipt["counts"]} == {0}
    assert receipt["archived"] == 3
