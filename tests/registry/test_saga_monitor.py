"""monitor: when lines are retired, who goes on for the dead, and what it does not touch, on a real table."""

from datetime import timedelta

import pytest
from registry_builders import NOW
from retirement_steps import a_world, finish_all, retire, run_until
from saga_world import World

from version_registry.identifiers import retire_id
from version_registry.model import LineStatus
from version_registry.retirement import new_take_over

TEMPORARY = {"retry": {"reason": "a lock", "retry_after": 1}}


def test_the_monitor_retires_a_line_when_its_quiet_period_has_passed():
    world = World()
    world.deploy("1.0.0")
    world.monitor()
    world.run_for(timedelta(minutes=5))
    world.deploy("1.1.0")
    superseded_at = world.now
    world.run_for(timedelta(minutes=20))

    line = world.line("1.0")
    assert line.status is LineStatus.RETIRED
    assert line.receipt.drain_began_at == superseded_at + timedelta(minutes=10), "not a monitor interval later"


def test_the_monitor_leaves_a_line_with_unfinished_work_alone_for_as_long_as_it_takes():
    world = World()
    world.deploy("1.0.0")
    world.request(None, "long")
    world.deploy("1.1.0")
    world.monitor()
    world.run_for(timedelta(hours=5))
    assert world.line("1.0").status is LineStatus.LIVE

    finish_all(world, "1.0")
    world.run_for(timedelta(minutes=15))
    assert world.line("1.0").status is LineStatus.RETIRED


def test_the_table_does_not_change_while_nothing_happens():
    world = World()
    world.deploy("1.0.0")
    world.request(None, "long")
    world.deploy("1.1.0")
    world.monitor()
    world.run_for(timedelta(minutes=5))
    generation = world.table.generation
    world.run_for(timedelta(hours=2))

    assert world.table.generation == generation


def test_the_monitor_goes_on_in_place_of_a_retirement_that_died():
    world = a_world()
    saga = retire(world, "dead")
    run_until(world, saga, "close")
    world.kill("dead")
    world.monitor()
    world.run_for(timedelta(minutes=10))

    assert world.line("1.0").status is LineStatus.RETIRED
    assert world.line("1.0").receipt.operation.startswith("retire~orders~1.0~g1~")


@pytest.mark.parametrize("version", ["1.1.1", "1.2.0"], ids=["patch", "first"])
def test_the_monitor_has_the_remains_of_a_dead_deploy_cleaned_up(version):
    world = a_world()
    saga = world.deploy(version, "dead", run=False)
    run_until(world, saga, "check_health")
    world.kill("dead")
    world.monitor()
    world.run_for(timedelta(minutes=5))

    assert all(line.holder is None for line in world.table.lines.values())
    assert "app-1.2-g1" not in world.apps
    assert world.deploy(version).status == "completed"


def test_a_holder_is_not_taken_for_dead_in_its_first_minute():
    world = a_world()
    saga = retire(world, "new")
    run_until(world, saga, "close")
    world.kill("new")
    held_at = world.now
    world.monitor()
    world.run_for(timedelta(seconds=59))
    assert world.line("1.0").holder == "new"
    world.run_for(timedelta(seconds=5))
    assert world.line("1.0").holder.startswith("retire~orders~1.0")
    assert world.line("1.0").held_since >= held_at + timedelta(minutes=1)


def test_a_heir_that_dies_before_its_first_step_has_an_heir_too():
    world = a_world()
    saga = retire(world, "dead")
    run_until(world, saga, "close")
    world.kill("dead")
    world.now += timedelta(minutes=2)
    first_heir = retire_id("orders", "1.0", 1, f"{world.table.generation}-{int(world.now.timestamp()) // 60}")
    world.start("retire_line", first_heir, new_take_over("orders", "1.0", operation=first_heir, replaces="dead"))
    world.kill(first_heir)
    world.monitor()
    world.run_for(timedelta(minutes=10))

    assert world.line("1.0").status is LineStatus.RETIRED


@pytest.mark.parametrize(
    "fault",
    [{"failed": {"code": "unknown_application", "reason": "no table"}}, TEMPORARY],
    ids=["nothing there yet", "no answer"],
)
def test_the_monitor_survives_a_cycle_that_sees_nothing(fault):
    world = World()
    world.faults["observe_application"] = [fault]
    monitor = world.monitor()
    world.tick()

    assert (monitor.status, monitor.step.at_most_seconds) == ("running", 60)


def test_a_plan_made_on_a_table_that_has_changed_is_dropped():
    world = a_world()
    monitor = world.monitor()
    world.tick()
    assert monitor.step.operation == "record_counts"
    world.change("keep", line="1.1", reason="meanwhile")
    world.tick()

    assert monitor.step.at_most_seconds == 1
    assert monitor.progress[-1] == "the table changed meanwhile"


def test_a_requested_drain_skips_the_quiet_period_but_not_the_unfinished_work():
    world = a_world()
    world.app_of("1.0").instances["1.0~long"] = True
    world.change("request_drain", line="1.0")
    world.monitor()
    world.run_for(timedelta(minutes=3))
    assert world.line("1.0").status is LineStatus.LIVE

    finish_all(world, "1.0")
    world.run_for(timedelta(minutes=4))
    assert world.line("1.0").status is LineStatus.RETIRED
    assert world.now < NOW + timedelta(hours=2)
