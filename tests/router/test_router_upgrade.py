"""The router is released anew, with changed planners, while its own operations are under way: none of them breaks."""

import time

import httpx
import pytest
from stack_with import changed_router, driver_of, orchestrations, stack_with
from version_package import zip_version

from devstack.arm import scm_url
from devstack.router_site import ROUTER_GROUP, SITE, await_ready

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SLOW = "\nimport time\n\ntime.sleep(12)\n"
"""An app that takes so long to load that its deploy, and who waits for it, live through the router's release."""

NEXT_ROUTER = {
    "router_app/durable/driving.py": (
        "    turns = take_turns",
        "    # Changed by the next release.\n    turns = take_turns",
    ),
    "version_registry/rollout.py": ("the host runs", "the next router sees"),
    "version_registry/starting.py": ('"asking for line {line}"', '"asking the next router for line {line}"'),
    "version_registry/monitoring.py": ("no line is superseded", "the next router sees no superseded line"),
    # The planner takes one more turn than the old one would have: what histories hold must not depend on it.
    "version_registry/retirement.py": ("_ZEROS_BEFORE_RETIRING = 3", "_ZEROS_BEFORE_RETIRING = 4"),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with stack_with(tmp_path_factory.mktemp("upgraded")) as running:
        yield running


def status_in_hub(stack, instance_id):
    """Ask the router's own host how one of its orchestrations stands."""
    url = f"{stack.url}/runtime/webhooks/durabletask/instances/{instance_id}"
    answer = httpx.get(url, params={"code": stack.arm.master_key(ROUTER_GROUP, SITE)}, timeout=10)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def publish_next_router(stack):
    site = stack.arm.get_site(ROUTER_GROUP, SITE)
    stack.arm.publish(scm_url(site, "http"), changed_router(NEXT_ROUTER))
    await_ready(stack.url, stack.keys, stack.router_log)


def await_progress(stack, instance_id, text, seconds=60):
    deadline = time.monotonic() + seconds
    while text not in str((status := status_in_hub(stack, instance_id))["customStatus"]):
        assert time.monotonic() < deadline, status
        time.sleep(0.2)


def test_a_new_router_goes_on_with_everything_that_the_old_one_had_begun(stack):
    watched, slow, early = (driver_of(stack, name) for name in ("watched", "slow", "early"))
    # A monitor with a superseded line that is busy, …
    watched.deploy("1.0.0", zip_version("1.0.0"))
    old = watched.start("await_event").json()["id"]
    watched.await_custom_status(old, "waiting")
    watched.deploy("1.1.0", zip_version("1.1.0"))
    # … a deploy that a pipeline asked for, one that a start asked for, and starts that wait for both.
    deploy = slow.release("1.0.0", zip_version("1.0.0", more=SLOW)).json()["operation"]["id"]
    patient = slow.start("echo", 1, version="1.0").json()["id"]
    early.release("1.0.0", zip_version("1.0.0", more=SLOW), params={"deploy": "on-demand"})
    waiting = early.start("echo", 2, version="1.0").json()["id"]
    await_progress(stack, deploy, "waiting until the app is healthy")
    for application, instance in (("slow", patient), ("early", waiting)):
        assert status_in_hub(stack, f"start~{application}~{instance}")["runtimeStatus"] == "Running"

    publish_next_router(stack)

    assert slow.status(patient).json()["runtimeStatus"] == "Pending", "it is still waiting, so it lived through it"
    assert slow.finished(patient, seconds=90)["output"]["input"] == 1
    assert early.finished(waiting, seconds=90)["output"]["input"] == 2
    assert status_in_hub(stack, deploy)["runtimeStatus"] == "Completed"
    release = slow.call("release", "GET", "/releases/1.0.0").json()
    assert (release["status"], release["operation"]["id"]) == ("active", deploy)
    assert "the next router sees" in str(release["conditions"]), "its last steps were planned by the new code"
    await_progress(stack, "monitor~slow", "the next router sees no superseded line")

    watched.command(old, "raiseEvent/go", json="done")
    assert watched.finished(old)["output"]["event"] == "done"
    line = watched.await_line("1.0", "retired")
    assert [count["unfinished"] for count in line["receipt"]["counts"]] == [0, 0, 0, 0]

    monitors = [one for one in orchestrations(stack) if one.startswith("monitor~")]
    assert monitors == ["monitor~early", "monitor~slow", "monitor~watched"]
    statuses = {one: status_in_hub(stack, one)["runtimeStatus"] for one in orchestrations(stack)}
    assert {statuses[monitor] for monitor in monitors} == {"Running"}
    assert "Failed" not in statuses.values(), statuses


def test_a_drain_that_the_old_router_began_is_finished_by_the_new_one(stack):
    drained = driver_of(stack, "drained")
    drained.deploy("1.0.0", zip_version("1.0.0"))
    drained.finished(drained.start("echo").json()["id"])
    drained.deploy("1.1.0", zip_version("1.1.0"))
    drained.await_line("1.0", "draining")
    holder = drained.line("1.0")["operation"]
    stack.arm.publish(
        scm_url(stack.arm.get_site(ROUTER_GROUP, SITE), "http"),
        changed_router({"version_registry/retirement.py": ("counting unfinished instances", "looking for instances")}),
    )
    line = drained.await_line("1.0", "retired")
    assert line["receipt"]["operation"] == holder
    assert line["receipt"]["archived"] == 1
