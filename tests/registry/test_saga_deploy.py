"""deploy_release, step by step and with a fault at each step, on a real table."""

from datetime import timedelta

import pytest
from registry_builders import digest_of
from saga_world import World

from version_registry.model import LineStatus, ReleaseStatus
from version_registry.rollout import new_deploy

PERMANENT = {"failed": {"code": "broken", "reason": "it is broken"}}
TEMPORARY = {"retry": {"reason": "not now", "retry_after": 2}}
PENDING = {"pending": {"continuation": "token-1", "doing": "making the plan"}, "retry_after": 3}
WAY_FORWARD = ["check_package", "ensure_app", "publish_package", "check_deployment", "check_health"]


def test_a_first_deploy_makes_the_app_and_the_line_current(world):
    saga = world.deploy("1.0.0", "deploy-1")

    assert saga.status == "completed"
    assert saga.output == {
        "version": "1.0.0",
        "line": "1.0",
        "app": {"name": "app-1.0-g1", "host": "app-1.0-g1.test"},
        "promoted": True,
        "noop": False,
    }
    assert [step for step in world.did if step != "report_progress"] == [
        "begin_deploy",
        *WAY_FORWARD,
        "activate",
        "wake",
    ]
    assert world.table.current == "1.0"
    conditions = {condition.type: condition.status for condition in world.line("1.0").releases[0].conditions}
    assert conditions == {
        "PackageChecked": True,
        "AppReady": True,
        "PackagePublished": True,
        "Healthy": True,
        "Active": True,
    }


def test_a_patch_goes_to_the_app_of_its_line(world):
    world.deploy("1.0.0")
    saga = world.deploy("1.0.1")

    assert saga.output["app"]["name"] == "app-1.0-g1"
    assert world.app_of("1.0").digest == digest_of("1.0.1")
    assert [release.status for release in world.line("1.0").releases] == [
        ReleaseStatus.SUPERSEDED,
        ReleaseStatus.ACTIVE,
    ]


def test_a_release_that_is_active_already_is_not_deployed_again(world):
    world.deploy("1.0.0")
    world.did.clear()
    saga = world.deploy("1.0.0")

    assert saga.output == {"version": "1.0.0", "line": "1.0", "noop": True, "promoted": False, "overtaken_by": None}
    assert world.did == ["begin_deploy"]


@pytest.mark.parametrize("effect", WAY_FORWARD)
def test_a_first_deploy_that_fails_removes_its_app_and_leaves_routing_as_it_was(effect):
    world = World()
    world.deploy("1.0.0")
    world.faults[effect] = [PERMANENT]
    saga = world.deploy("1.1.0")

    assert (saga.status, saga.output["message"]) == ("failed", "the deploy of 1.1.0 failed: it is broken")
    assert set(world.apps) == {"app-1.0-g1"}
    line = world.line("1.1")
    assert (world.table.current, line.status, line.app, line.holder) == ("1.0", LineStatus.REGISTERED, None, None)
    failure = line.releases[0].conditions[-1]
    assert (failure.type, failure.status, failure.reason) == ("Active", False, "broken")


@pytest.mark.parametrize("effect", WAY_FORWARD)
def test_a_patch_that_fails_puts_the_former_package_back(effect):
    world = World()
    world.deploy("1.0.0")
    world.faults[effect] = [PERMANENT]
    saga = world.deploy("1.0.1")

    assert saga.status == "failed"
    assert world.app_of("1.0").digest == digest_of("1.0.0")
    line = world.line("1.0")
    assert (line.status, line.active, line.holder) == (LineStatus.LIVE, "1.0.0", None)
    assert [release.status for release in line.releases] == [ReleaseStatus.ACTIVE, ReleaseStatus.FAILED]


@pytest.mark.parametrize("effect", WAY_FORWARD)
@pytest.mark.parametrize("fault", [TEMPORARY, PENDING], ids=["retry", "pending"])
def test_a_step_that_is_not_done_at_once_is_asked_again(effect, fault):
    world = World()
    world.faults[effect] = [fault, fault]
    saga = world.deploy("1.0.0")

    assert saga.status == "completed"
    assert world.did.count(effect) == 3


def test_a_continuation_is_handed_back_to_the_step_that_gave_it(world):
    world.faults["ensure_app"] = [PENDING]
    saga = world.deploy("1.0.0", run=False)
    while saga.state["step"] != "pause":
        world.tick()
    world.tick()

    assert saga.step.args["continuation"] == "token-1"


@pytest.mark.parametrize("effect", WAY_FORWARD)
def test_a_step_that_never_succeeds_is_given_up_at_the_gate_deadline(effect):
    world = World()
    world.faults[effect] = [TEMPORARY] * 5000
    began = world.now
    saga = world.deploy("1.0.0")

    assert saga.output["reason"] == "gate_deadline"
    assert saga.output["message"] == "the deploy of 1.0.0 failed: not ready within 25 minutes: not now"
    assert timedelta(minutes=25) <= world.now - began < timedelta(minutes=26)


def test_an_app_that_cannot_be_removed_does_not_block_the_line_for_ever(world):
    world.faults["check_health"] = [PERMANENT]
    world.faults["delete_app"] = [TEMPORARY] * 99
    saga = world.deploy("1.0.0")

    assert saga.output["message"] == ("the deploy of 1.0.0 failed: it is broken; its app could not be removed: not now")
    assert world.did.count("delete_app") == 8
    assert world.line("1.0").condition == "its app could not be removed: look for it by its tags"
    assert world.line("1.0").status is LineStatus.REGISTERED


@pytest.mark.parametrize("effect", ["publish_package", "check_deployment", "check_health"])
def test_a_former_package_that_cannot_be_restored_is_told(effect):
    world = World()
    world.deploy("1.0.0")
    world.faults["check_deployment"] = [PERMANENT]
    saga = world.deploy("1.0.1", run=False)
    while saga.state["step"] != "restore":
        world.tick()
    world.faults[effect] = [PERMANENT]
    world.run(saga.id)

    assert saga.output["message"] == (
        "the deploy of 1.0.1 failed: it is broken; the former package 1.0.0 could not be restored: it is broken"
    )
    assert (world.line("1.0").status, world.line("1.0").holder) == (LineStatus.LIVE, None)


def test_a_second_deploy_waits_for_the_first_and_is_woken_by_it(world):
    world.faults["check_health"] = [TEMPORARY] * 3
    first = world.deploy("1.0.0", "first", run=False)
    second = world.deploy("1.0.1", "second", run=False)
    world.run("first")
    ended = world.now
    world.run("second")

    assert (first.status, second.status) == ("completed", "completed")
    assert "waiting for line 1.0, held by first" in second.progress
    assert world.now == ended, "it was woken, not left to its timer"
    assert world.line("1.0").active == "1.0.1"


def test_a_deploy_that_waited_does_not_take_the_line_back_from_a_newer_release(world):
    world.faults["check_health"] = [TEMPORARY] * 3
    for version in ("1.0.0", "1.0.2", "1.0.1"):
        world.deploy(version, f"deploy-{version}", run=False)
    older = world.run("deploy-1.0.1")

    assert (older.status, older.output["overtaken_by"]) == ("completed", "1.0.2")
    statuses = {release.version: release.status.value for release in world.line("1.0").releases}
    assert statuses == {"1.0.0": "superseded", "1.0.1": "superseded", "1.0.2": "active"}


def test_an_older_release_that_is_posted_on_purpose_is_deployed(world):
    world.deploy("1.0.0")
    world.deploy("1.0.1")
    assert world.deploy("1.0.0").output["noop"] is False
    assert world.line("1.0").active == "1.0.0"


def test_a_long_wait_continues_as_new_and_still_ends(world):
    world.deploy("1.0.0")
    world.change("begin_deploy", version="1.0.0", operation="x")
    world.register("1.0.1")
    assert world.change("begin_deploy", version="1.0.1", operation="somebody")["granted"]
    world.register("1.0.2")
    saga = world.deploy("1.0.2", "waits", run=False)
    world.run_for(timedelta(hours=5))
    assert saga.status == "running"
    assert saga.state["turns"] < 100
    failure = {"reason": "x", "message": "y"}
    world.change("fail_deploy", line="1.0", operation="somebody", condition=failure, app_deleted=True)
    world.run("waits")
    assert world.line("1.0").active == "1.0.2"


def test_a_deploy_that_lost_its_line_touches_nothing_more(world):
    saga = world.deploy("1.0.0", "mine", run=False)
    while saga.state["step"] != "publish":
        world.tick()
    assert world.change("take_over", line="1.0", operation="other", replaces="mine")["granted"]
    world.run("mine")

    assert saga.status == "failed"
    assert saga.output["message"] == "the deploy of 1.0.0 was stopped: line 1.0 is provisioning, held by other"
    assert "delete_app" not in world.did


@pytest.mark.parametrize("version", ["1.0.1", "1.1.0"], ids=["patch", "first"])
def test_what_a_dead_deploy_left_is_cleaned_up_in_its_place(version):
    world = World()
    world.deploy("1.0.0")
    saga = world.deploy(version, "dead", run=False)
    while saga.state["step"] != "check_health":
        world.tick()
    world.kill("dead")
    world.start("deploy_release", "heir", new_deploy("orders", version, operation="heir", replaces="dead"))
    heir = world.run("heir")

    assert heir.output["reason"] == "abandoned"
    assert set(world.apps) == {"app-1.0-g1"}
    assert world.app_of("1.0").digest == digest_of("1.0.0")
    assert all(line.holder is None for line in world.table.lines.values())


def test_there_is_nothing_to_take_over_from_a_deploy_that_let_go(world):
    world.deploy("1.0.0", "done")
    world.start("deploy_release", "heir", new_deploy("orders", "1.0.0", operation="heir", replaces="done"))
    heir = world.run("heir")

    assert heir.output == {"outcome": "nothing to take over", "reason": "line 1.0 is live, held by nobody"}


def test_a_release_that_nobody_registered_is_not_deployed():
    world = World()
    world.register("1.0.0")
    world.start("deploy_release", "d", new_deploy("orders", "1.0.7", operation="d"))

    assert world.run("d").output == {"message": "release 1.0.7 is not registered", "reason": "unknown_version"}


@pytest.mark.parametrize("fault", [None, *WAY_FORWARD, "delete_app"])
@pytest.mark.parametrize("version", ["1.0.1", "1.1.0"], ids=["patch", "first"])
def test_every_step_may_be_done_twice(version, fault):
    world = World(repeats=True)
    world.deploy("1.0.0")
    if fault:
        world.faults[fault] = [PERMANENT] * 2
    saga = world.deploy(version)

    assert saga.status == ("failed" if fault in WAY_FORWARD else "completed")
    line = world.line("1.0" if version == "1.0.1" else "1.1")
    active = {None: version, "delete_app": version}.get(fault, "1.0.0" if version == "1.0.1" else None)
    assert (line.active, line.holder) == (active, None)


def a_crash(said="the host is in state Error: ImportError: no module named x"):
    return {"retry": {"reason": said, "retry_after": 1, "crashed": True}}


def test_a_host_that_cannot_load_the_app_fails_the_release_after_a_short_grace(world):
    world.deploy("1.0.0")
    begun = world.now
    world.faults["check_health"] = [a_crash()] * 100
    saga = world.deploy("1.1.0")

    assert (saga.status, saga.output["reason"]) == ("failed", "host_error")
    assert world.timings.error_grace <= world.now - begun < 2 * world.timings.error_grace
    assert "app-1.1-g1" not in world.apps
    failure = world.line("1.1").releases[0].conditions[-1]
    assert failure.message == "the host is in state Error: ImportError: no module named x"


def test_a_patch_that_cannot_be_loaded_gives_way_to_the_former_package(world):
    world.deploy("1.0.0")
    looks = int(world.timings.error_grace.total_seconds()) + 1
    world.faults["check_health"] = [a_crash()] * looks
    saga = world.deploy("1.0.1")

    assert saga.output["reason"] == "host_error"
    assert world.app_of("1.0").digest == digest_of("1.0.0")
    assert (world.line("1.0").status, world.line("1.0").active) == (LineStatus.LIVE, "1.0.0")


def test_a_host_that_comes_round_within_its_grace_passes_the_gate(world):
    stumbles = [a_crash(), a_crash(), TEMPORARY] * 40
    world.faults["check_health"] = stumbles
    assert world.deploy("1.0.0").status == "completed"


def test_waiting_starts_and_the_log_get_the_first_line_of_a_failure_only(world):
    world.faults["check_health"] = [a_crash("ImportError: x\n  File app.py, line 3\nImportError: x")] * 100
    world.deploy("1.0.0")
    rejected = world.request("1.0", "first")

    assert rejected.detail == "no release of line 1.0 can be deployed: 1.0.0 failed (ImportError: x)"
    assert all("\n" not in entry.detail for entry in world.table.log)
