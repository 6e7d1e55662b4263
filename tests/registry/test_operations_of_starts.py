"""What an accepted start is told."""

from datetime import timedelta

import pytest
from registry_builders import (
    NOW,
    a_current_line,
    a_line,
    a_table,
    operate,
    registered,
)

from version_registry.model import LineStatus

CONDITION = {"reason": "broken", "message": "it is broken"}
APP = {"name": "app", "host": "app.test"}


def a_table_with(status):
    return a_table(a_line("1.0", status), a_current_line("2.0"), current="2.0", previous="1.0")


def line(table, name="1.0"):
    return table.lines[name]


def asks(table, operation="start", now=NOW):
    return operate(table, "request_start", now=now, line="1.0", operation=operation)


def test_a_start_is_forwarded_to_a_live_line():
    table = a_table_with(LineStatus.LIVE)
    after, outcome = asks(table)
    assert after == table
    assert (outcome["action"], outcome["line_generation"], outcome["app"]["name"]) == ("forward", 1, "app-1.0-g1")


def test_a_start_takes_a_draining_line_back_and_is_forwarded_at_once():
    table, outcome = asks(a_table_with(LineStatus.DRAINING))
    assert (outcome["action"], line(table).status, line(table).holder) == ("forward", LineStatus.LIVE, None)
    assert table.log[-1].detail == "a start named line 1.0: its drain is cancelled"


@pytest.mark.parametrize("status", [LineStatus.REGISTERED, LineStatus.RETIRED])
def test_one_start_is_sent_to_begin_the_deploy_and_the_others_wait(status):
    table, first = asks(a_table_with(status), "first")
    table, second = asks(table, "second")
    _, again = asks(table, "first")
    later, third = asks(table, "second", NOW + timedelta(minutes=1))

    assert (first["action"], first["version"]) == ("deploy", "1.0.0")
    assert second["action"] == "wait"
    assert (again["action"], again["operation"]) == ("deploy", first["operation"])
    assert third["action"] == "deploy"
    assert third["operation"] != first["operation"]
    assert line(later).waiting == ("first", "second")


def test_a_start_that_begins_a_deploy_is_returned_when_the_deploy_ends():
    table, told = asks(registered("1.0.0"))
    table, _ = operate(table, "begin_deploy", version="1.0.0", operation=told["operation"])
    _, outcome = operate(table, "activate", line="1.0", operation=told["operation"], app=APP, functions=[])
    assert outcome["waiting"] == ["start"]


def failed_line(reason, at=NOW):
    table, _ = operate(registered("1.0.0"), "begin_deploy", now=at, version="1.0.0", operation="deploy")
    condition = {"reason": reason, "message": "it did not work"}
    return operate(table, "fail_deploy", now=at, line="1.0", operation="deploy", condition=condition, app_deleted=True)[
        0
    ]


def test_a_start_of_a_broken_release_is_rejected():
    _, outcome = asks(failed_line("package_corrupt"))
    assert (outcome["action"], outcome["status"]) == ("reject", 409)
    assert outcome["reason"] == "no release of line 1.0 can be deployed: 1.0.0 failed (it did not work)"


def test_a_start_does_not_hammer_a_deploy_that_failed_a_moment_ago():
    _, outcome = asks(failed_line("gate_deadline"))
    assert (outcome["action"], outcome["reason"]) == (
        "wait",
        "the deploy of 1.0.0 failed (gate_deadline); it is tried again at 12:05:00 UTC",
    )
    assert asks(failed_line("gate_deadline"), now=NOW + timedelta(minutes=5))[1]["action"] == "deploy"


def test_a_start_prefers_an_older_release_to_a_broken_one():
    table = registered("0.9.9", "1.0.1", table=failed_line("package_corrupt"))
    assert asks(table)[1]["version"] == "1.0.1"


def test_the_queue_is_bounded_and_those_beyond_it_still_get_an_answer():
    table = a_table_with(LineStatus.PROVISIONING)
    for number in range(210):
        table, outcome = asks(table, f"start-{number}")
        assert outcome["action"] == "wait"
    assert len(line(table).waiting) == 200
