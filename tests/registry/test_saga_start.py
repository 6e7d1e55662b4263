"""deliver_start: an accepted start waits for an app and is delivered once, or people learn why not."""

from datetime import timedelta

import pytest
from registry_builders import NOW
from saga_world import World

from version_registry.codec import encode_time
from version_registry.model import LineStatus
from version_registry.sagas import Effect, TableOperation, WaitFor
from version_registry.starting import StartRequest, new_start

BROKEN = {"failed": {"code": "package_corrupt", "reason": "the zip is cut off"}}
REFUSED = {"failed": {"code": "rejected_by_app", "reason": "the app refused the start with status 400"}}
LATER = {"retry": {"reason": "timed out", "retry_after": 1}}


def test_a_start_of_a_line_without_an_app_has_it_deployed_and_is_forwarded(world):
    public = world.request("1.0", "first")
    saga = world.run(f"start~orders~{public}")

    assert saga.output == {"accepted": True, "existed": False, "instance_id": "1.0~first", "line": "1.0"}
    assert world.app_of("1.0").instances == {"1.0~first": True}
    assert world.now == NOW, "it was woken by the deploy"


def test_a_hundred_starts_begin_one_deploy(world):
    for number in range(100):
        world.request("1.0", f"i{number}")
    for operation in list(world.sagas):
        world.run(operation)

    assert [saga.id for saga in world.sagas.values() if saga.kind == "deploy_release"] == [
        f"deploy~orders~1.0.0~1-{int(NOW.timestamp()) // 60}"
    ]
    assert len(world.app_of("1.0").instances) == 100


def test_a_deploy_that_never_began_is_begun_again_a_minute_later(world):
    public = world.request("1.0", "first")
    saga = world.sagas[f"start~orders~{public}"]
    world.turn(saga)
    world.turn(saga)
    assert isinstance(saga.step, WaitFor)
    world.kill(next(other.id for other in world.sagas.values() if other.kind == "deploy_release"))
    world.run(saga.id)

    assert saga.output["accepted"]
    assert len([other for other in world.sagas.values() if other.kind == "deploy_release"]) == 2


def test_a_package_that_is_broken_ends_the_start_with_the_reason(world):
    world.faults["check_package"] = [BROKEN]
    public = world.request("1.0", "first")
    saga = world.run(f"start~orders~{public}")

    assert (saga.status, saga.output["accepted"]) == ("failed", False)
    assert saga.output["message"] == (
        "the start 1.0~first could not be delivered: no release of line 1.0 can be deployed: "
        "1.0.0 failed (the zip is cut off)"
    )


def test_a_temporary_failure_is_tried_again_in_peace(world):
    world.faults["check_health"] = [LATER] * 1600
    public = world.request("1.0", "first")
    saga = world.run(f"start~orders~{public}")

    assert saga.status == "completed"
    deploys = [other for other in world.sagas.values() if other.kind == "deploy_release"]
    assert [deploy.status for deploy in deploys] == ["failed", "completed"]


def test_a_start_that_cannot_be_delivered_in_time_says_so(world):
    world.faults["check_health"] = [LATER] * 99999
    public = world.request("1.0", "first")
    saga = world.run(f"start~orders~{public}")

    assert saga.status == "failed"
    assert saga.output["message"].startswith(
        "the start 1.0~first could not be delivered: not delivered within 60 minutes"
    )
    assert timedelta(hours=1) <= world.now - NOW <= timedelta(hours=1, minutes=2)


def test_a_forward_that_failed_goes_back_to_the_table_first(world):
    public = world.request("1.0", "first")
    world.faults["forward_start"] = [LATER, LATER]
    saga = world.run(f"start~orders~{public}")

    assert saga.output["accepted"]
    asked = [step for step in world.did if step in ("request_start", "forward_start")]
    assert asked[-6:] == ["request_start", "forward_start"] * 3


def test_a_start_that_the_app_refuses_fails_with_its_reason(world):
    public = world.request("1.0", "first")
    world.faults["forward_start"] = [REFUSED]
    saga = world.run(f"start~orders~{public}")

    assert saga.output["message"] == (
        "the start 1.0~first could not be delivered: the app refused the start with status 400"
    )


def test_what_is_forwarded_is_what_was_asked_for(world):
    public = world.request("1.0", "first")
    saga = world.sagas[f"start~orders~{public}"]
    while not (isinstance(saga.step, Effect) and saga.step.name == "forward_start"):
        world.tick()

    assert saga.step == Effect(
        "forward_start",
        {
            "application": "orders",
            "line": "1.0",
            "name": "process_order",
            "instance_id": "1.0~first",
            "input": "{}",
            "headers": {},
            "requested_at": "2026-03-01T12:00:00Z",
            "line_generation": 1,
            "app": {"name": "app-1.0-g1", "host": "app-1.0-g1.test"},
        },
    )


def test_an_accepted_start_of_a_line_retired_meanwhile_recreates_it_whatever_policy_says(world):
    world.deploy("1.0.0")
    world.deploy("1.1.0")
    world.change("set_policy", policy={"retired_starts": "reject"})
    world.monitor()
    while world.line("1.0").status is not LineStatus.DRAINING:
        world.tick()
    public = world.request("1.0", "late")
    saga = world.sagas[f"start~orders~{public}"]
    assert isinstance(saga.step, TableOperation)
    saga.due = NOW + timedelta(days=1)
    world.run_for(timedelta(minutes=15))
    assert world.line("1.0").status is LineStatus.RETIRED
    saga.due = None
    world.run(saga.id)

    assert saga.output["accepted"]
    assert world.line("1.0").generation == 2


@pytest.mark.parametrize("fault", [None, "start_saga", "forward_start"])
def test_every_step_of_a_delivery_may_be_done_twice(fault):
    world = World(repeats=True)
    world.register("1.0.0")
    if fault == "forward_start":
        world.faults[fault] = [LATER]
    public = world.request("1.0", "first")
    saga = world.run(f"start~orders~{public}")

    assert saga.output["accepted"]
    assert world.app_of("1.0").instances == {"1.0~first": True}


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
def test_a_start_whose_last_try_timed_out_is_looked_for_before_it_is_given_up(world, taken):
    world.deploy("1.0.0")
    public = "1.0~late"
    state = {**a_waiting_start(public), "deadline": encode_time(world.now)}
    saga = world.start("deliver_start", "start~orders~1.0~late", state)
    world.faults["forward_start"] = [{"retry": {"reason": "timed out", "retry_after": 1}}]
    if taken:
        world.app_of("1.0").instances[public] = True
    world.run(saga.id)

    assert world.did[-2:] == ["forward_start", "find_start"]
    assert saga.status == ("completed" if taken else "failed")
    assert saga.output["accepted"] is taken


def test_a_start_that_cannot_be_looked_for_says_that_its_fate_is_unknown(world):
    world.deploy("1.0.0")
    saga = world.start(
        "deliver_start",
        "start~orders~1.0~lost",
        {**a_waiting_start("1.0~lost"), "deadline": encode_time(world.now)},
    )
    away = {"retry": {"reason": "the app is away", "retry_after": 1}}
    world.faults["forward_start"], world.faults["find_start"] = [away], [away] * 20
    world.run(saga.id)

    assert saga.status == "failed"
    assert "whether an app has taken it could not be found out: the app is away" in saga.output["message"]


def a_waiting_start(public):
    start = StartRequest("1.0", "process_order", public, "{}", {})
    first = new_start("orders", start, operation=f"start~orders~{public}")
    return {**first, "requested_at": encode_time(NOW)}
