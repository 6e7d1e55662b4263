"""retire_line: the way from superseded to tombstone, and every way back, on a real table."""

from datetime import timedelta

import pytest
from retirement_steps import a_world, retire, run_until

from version_registry.model import LineStatus, Timings
from version_registry.retirement import new_take_over

TEMPORARY = {"retry": {"reason": "a lock", "retry_after": 1}}
FORBIDDEN = {"failed": {"code": "not_ours", "reason": "its tags name another owner"}}
UNKNOWN = {"ok": {"count": {"at": "2026-03-01T12:00:00Z", "unfinished": None, "reason": "503", "blockers": []}}}
STEPS = ["begin_drain", "count_unfinished", "export_instances", "begin_retire", "delete_app", "complete_retire"]


def test_a_quiet_line_is_proven_empty_archived_and_deleted():
    world = a_world()
    began = world.now
    saga = retire(world)
    world.run(saga.id)

    assert saga.output["outcome"] == "retired"
    assert world.did == [
        "begin_drain",
        "count_unfinished",
        "count_unfinished",
        "export_instances",
        "export_instances",
        "count_unfinished",
        "begin_retire",
        "delete_app",
        "complete_retire",
    ]
    line, receipt = world.line("1.0"), world.line("1.0").receipt
    assert (line.status, line.app, line.active, line.holder) == (LineStatus.RETIRED, None, None, None)
    assert world.archive == {f"1.0~i{number}" for number in range(4)}
    closed = began + timedelta(seconds=5 + 30 + 5)
    assert [(count.at, count.unfinished) for count in receipt.counts] == [
        (closed, 0),
        (closed + timedelta(seconds=30), 0),
        (closed + timedelta(seconds=30), 0),
    ]
    assert (receipt.drain_began_at, receipt.archived, receipt.operation) == (began, 4, "retire-1")
    assert receipt.deleted == ("app-1.0-g1", "plan-of-app-1.0-g1")
    assert receipt.table_generation == world.table.generation


def test_nothing_is_counted_before_every_router_has_reread_the_table():
    timings = Timings(
        table_ttl=timedelta(seconds=7), forward_deadline=timedelta(seconds=11), drain_margin=timedelta(seconds=13)
    )
    world = a_world(timings=timings)
    saga = retire(world)
    run_until(world, saga, "close")

    assert saga.step.seconds == 31


@pytest.mark.parametrize("zeros", [0, 1, 2], ids=["first", "second", "third"])
def test_an_unfinished_instance_at_any_count_puts_the_line_back_into_service(zeros):
    world = a_world()
    saga = retire(world)
    while saga.state["step"] != "count" or saga.state["zeros"] < zeros:
        world.tick()
    world.app_of("1.0").instances["1.0~late"] = True
    world.run(saga.id)

    assert (saga.output["outcome"], saga.output["reason"]) == ("cancelled", "1 unfinished instances")
    line = world.line("1.0")
    assert (line.status, line.holder, line.quiet_since) == (LineStatus.LIVE, None, None)
    assert line.condition == "the drain was cancelled: 1 unfinished instances"
    assert "delete_app" not in world.did


def test_an_unknown_count_is_never_zero_and_ends_the_row():
    world = a_world()
    saga = retire(world)
    world.faults["count_unfinished"] = [UNKNOWN, UNKNOWN]
    world.run(saga.id)

    counts = [count.unfinished for count in world.line("1.0").receipt.counts]
    assert counts == [None, None, 0, 0, 0]


def test_an_unknown_count_between_two_zeros_makes_both_count_anew():
    world = a_world()
    saga = retire(world)
    while saga.state["zeros"] < 1:
        world.tick()
    world.faults["count_unfinished"] = [UNKNOWN]
    world.run(saga.id)

    assert [count.unfinished for count in world.line("1.0").receipt.counts] == [0, None, 0, 0, 0]


def test_counts_that_stay_unknown_cancel_the_drain():
    world = a_world()
    world.app_of("1.0").answers = False
    saga = retire(world)
    world.run(saga.id)

    assert saga.output == {
        "outcome": "cancelled",
        "reason": "the app did not answer 5 counts: the app does not answer",
        "line": "1.0",
    }
    assert world.did.count("count_unfinished") == 5
    assert world.line("1.0").status is LineStatus.LIVE


@pytest.mark.parametrize("step", ["close", "count", "export", "begin_retire"])
def test_a_start_that_names_a_draining_line_is_delivered_and_cancels_the_drain(step):
    world = a_world()
    saga = retire(world)
    run_until(world, saga, step)
    delivery = world.sagas[f"start~orders~{world.request('1.0', 'late')}"]
    world.turn(delivery)
    world.run(delivery.id)
    world.run(saga.id)

    assert delivery.output == {"accepted": True, "existed": False, "instance_id": "1.0~late", "line": "1.0"}
    assert world.app_of("1.0").instances["1.0~late"]
    assert saga.output["outcome"] == "cancelled"
    assert (world.line("1.0").status, world.line("1.0").holder) == (LineStatus.LIVE, None)


def test_a_start_that_names_a_retiring_line_gets_the_next_generation():
    world = a_world()
    saga = retire(world)
    run_until(world, saga, "delete_app")
    world.faults["delete_app"] = [TEMPORARY] * 3
    public = world.request("1.0", "late")
    delivery = world.run(f"start~orders~{public}")

    assert saga.output["outcome"] == "retired"
    assert delivery.output["accepted"]
    assert world.line("1.0").generation == 2
    assert world.apps["app-1.0-g2"].instances == {"1.0~late": True}
    assert world.table.current == "1.1", "a recreated old line does not become current"


def test_a_deploy_on_a_draining_line_cancels_the_drain():
    world = a_world()
    saga = retire(world)
    run_until(world, saga, "count")
    deploy = world.deploy("1.0.1")
    world.run(saga.id)

    assert deploy.status == "completed"
    assert saga.output["outcome"] == "cancelled"
    assert (world.line("1.0").active, world.line("1.0").status) == ("1.0.1", LineStatus.LIVE)


def test_a_line_that_changed_since_the_plan_is_not_drained():
    world = a_world()
    saga = retire(world)
    world.change("keep", line="1.1", reason="anything that changes the table")
    world.run(saga.id)

    assert saga.output["outcome"] == "not begun"
    assert world.line("1.0").status is LineStatus.LIVE


def pauses_until_deleted(world, saga):
    """Go on until nothing stands in the way of the deletion any more; return the seconds between the tries."""
    waits = []
    while world.faults["delete_app"]:
        world.tick()
        if saga.state["step"] == "pause":
            waits.append(saga.step.seconds)
            world.tick()
    return waits


def test_a_delete_that_fails_is_tried_for_ever_and_tells_people_why():
    world = a_world()
    world.faults["delete_app"] = [TEMPORARY] * 12
    saga = retire(world)
    run_until(world, saga, "delete_app")
    waits = pauses_until_deleted(world, saga)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800, 1800]
    assert world.did.count("note") == 1, "the same reason is told once"
    assert world.line("1.0").condition == "its app could not be deleted yet: a lock"

    world.run(saga.id)
    assert saga.output["outcome"] == "retired"
    assert world.line("1.0").condition == ""


def test_a_deletion_that_goes_on_is_followed_by_its_continuation_through_hiccups():
    world = a_world()
    going_on = {"pending": {"continuation": "the first", "doing": "deleting app a"}, "retry_after": 7}
    world.faults["delete_app"] = [going_on, TEMPORARY, {**going_on, "pending": {"continuation": "the second"}}]
    saga = retire(world)
    run_until(world, saga, "delete_app")
    given = []
    while saga.state["step"] in ("delete_app", "pause", "note"):
        if saga.state["step"] == "delete_app":
            given.append(saga.step.args["continuation"])
        world.tick()
    assert given == [None, "the first", "the first", "the second"]

    world.run(saga.id)
    assert saga.output["outcome"] == "retired"


def test_a_deletion_that_never_ends_is_looked_at_more_and_more_rarely_and_told():
    world = a_world()
    going_on = {"pending": {"continuation": "it", "doing": "deleting app a"}, "retry_after": 1}
    world.faults["delete_app"] = [going_on] * 9
    saga = retire(world)
    run_until(world, saga, "delete_app")
    waits = pauses_until_deleted(world, saga)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert world.did.count("note") == 1
    assert world.line("1.0").condition == "its app could not be deleted yet: deleting app a"


def test_a_lock_is_told_at_once():
    world = a_world()
    world.faults["delete_app"] = [{"retry": {"reason": "the lock keep", "retry_after": 10, "code": "locked"}}]
    saga = retire(world)
    run_until(world, saga, "note")
    world.tick()

    assert world.line("1.0").condition == "its app could not be deleted yet: the lock keep"
    assert saga.step.seconds == 10


def test_what_only_a_person_can_solve_is_told_at_once_and_looked_at_again():
    world = a_world()
    world.faults["delete_app"] = [FORBIDDEN]
    saga = retire(world)
    run_until(world, saga, "note")
    world.tick()
    assert world.line("1.0").condition == "its app could not be deleted yet: its tags name another owner"
    assert saga.step.seconds == 1800

    world.run(saga.id)
    assert saga.output["outcome"] == "retired"


def test_an_archive_that_fails_cancels_the_drain():
    world = a_world()
    world.faults["export_instances"] = [TEMPORARY] * 99
    saga = retire(world)
    world.run(saga.id)

    assert saga.output["reason"] == "the finished instances could not be archived: a lock"
    assert world.line("1.0").status is LineStatus.LIVE
    assert "delete_app" not in world.did


@pytest.mark.parametrize("step", ["close", "count", "export", "begin_retire"])
def test_after_a_death_while_draining_the_safety_wait_begins_anew(step):
    world = a_world()
    saga = retire(world, "dead")
    run_until(world, saga, step)
    world.kill("dead")
    world.now += timedelta(minutes=2)
    heir = world.start("retire_line", "heir", new_take_over("orders", "1.0", operation="heir", replaces="dead"))
    taken_over_at = world.now
    world.run("heir")

    receipt = world.line("1.0").receipt
    assert heir.output["outcome"] == "retired"
    assert receipt.drain_began_at == taken_over_at
    assert receipt.counts[0].at == taken_over_at + timedelta(seconds=40)


def test_after_a_death_while_retiring_the_deletion_goes_on_and_no_proof_is_lost():
    world = a_world()
    saga = retire(world, "dead")
    run_until(world, saga, "delete_app")
    proof = world.line("1.0").proof
    world.kill("dead")
    heir = world.start("retire_line", "heir", new_take_over("orders", "1.0", operation="heir", replaces="dead"))
    world.did.clear()
    world.run("heir")

    assert world.did == ["take_over", "delete_app", "complete_retire"]
    receipt = world.line("1.0").receipt
    assert (receipt.counts, receipt.archived, receipt.operation) == (proof.counts, 4, "heir")
    assert heir.output["outcome"] == "retired"


def test_one_that_is_taken_over_while_it_lives_stops_without_harm():
    world = a_world()
    saga = retire(world, "slow")
    run_until(world, saga, "begin_retire")
    world.change("take_over", line="1.0", operation="heir", replaces="slow")
    world.run("slow")

    assert saga.output == {"outcome": "cancelled", "reason": "line 1.0 is draining, held by heir", "line": "1.0"}
    assert world.line("1.0").holder == "heir"


@pytest.mark.parametrize("fault", [None, *STEPS])
def test_every_step_of_a_retirement_may_be_done_twice(fault):
    world = a_world(repeats=True)
    if fault in ("count_unfinished", "export_instances", "delete_app"):
        world.faults[fault] = [TEMPORARY]
    saga = retire(world)
    world.run(saga.id)

    assert saga.output["outcome"] == "retired"
    assert world.line("1.0").receipt.archived == 4
