"""The operations of the routing table: when each is possible, what it does, and that its repeat does nothing."""

import pytest
from registry_builders import (
    a_current_line,
    a_line,
    a_table,
    operate,
)

from version_registry.errors import BrokenInvariantError
from version_registry.invariants import find_violations
from version_registry.model import LineStatus
from version_registry.transitions import ALLOWED, LOG_LENGTH, OPERATIONS

CONDITION = {"reason": "broken", "message": "it is broken"}
APP = {"name": "app", "host": "app.test"}
ARGUMENTS = {
    "register_release": {"application": "orders", "version": "1.0.7", "digest": "d", "functions": []},
    "begin_deploy": {"version": "1.0.0", "operation": "new"},
    "activate": {"line": "1.0", "operation": "new", "app": APP, "functions": []},
    "fail_deploy": {"line": "1.0", "operation": "new", "condition": CONDITION, "app_deleted": True},
    "report_progress": {"line": "1.0", "operation": "new", "condition": CONDITION},
    "promote": {"line": "1.0"},
    "rollback": {},
    "ramp": {"line": "1.0", "percent": 5},
    "keep": {"line": "1.0", "reason": "an audit"},
    "request_drain": {"line": "1.0"},
    "set_policy": {"policy": {}},
    "record_counts": {"counts": {}},
    "begin_drain": {"line": "1.0", "line_generation": 1, "expected_generation": 7, "operation": "new"},
    "cancel_drain": {"line": "1.0", "reason": "because"},
    "begin_retire": {"line": "1.0", "operation": "new", "counts": [], "archived": 0},
    "complete_retire": {"line": "1.0", "operation": "new", "deleted": []},
    "note": {"line": "1.0", "operation": "new", "condition": CONDITION},
    "take_over": {"line": "1.0", "operation": "new", "replaces": "old"},
    "request_start": {"line": "1.0", "operation": "new"},
    "archive_lines": {"lines": {}},
    "restore_line": {"line": {"name": "1.0", "status": "retired"}},
}
ON_TABLES = ("set_policy", "record_counts", "archive_lines", "restore_line")
ON_LINES = [name for name in OPERATIONS if name not in ON_TABLES]
PAIRS = [(operation, status) for operation in ON_LINES for status in LineStatus]


def a_table_with(status):
    return a_table(a_line("1.0", status), a_current_line("2.0"), current="2.0", previous="1.0")


def line(table, name="1.0"):
    return table.lines[name]


@pytest.mark.parametrize(("operation", "status"), [pair for pair in PAIRS if pair not in ALLOWED])
def test_what_the_rules_do_not_name_is_refused_and_changes_nothing(operation, status):
    table = a_table_with(status)
    after, outcome = operate(table, operation, **ARGUMENTS[operation])

    assert after == table
    assert outcome == {
        "granted": False,
        "generation": 7,
        "code": "not_allowed",
        "reason": f"{operation} is not possible: line 1.0 is {status.value}",
    }


@pytest.mark.parametrize(("operation", "status"), sorted(ALLOWED, key=str))
def test_what_the_rules_name_leaves_a_sound_table_in_a_status_they_name(operation, status):
    after, outcome = operate(a_table_with(status), operation, **ARGUMENTS[operation])

    assert outcome.get("code") != "not_allowed"
    assert line(after).status is status or line(after).status in ALLOWED[operation, status]
    assert find_violations(after) == ()


def test_every_operation_has_rules_and_every_rule_an_operation():
    assert {operation for operation, _ in ALLOWED} == set(ON_LINES)
    assert set(ARGUMENTS) == set(OPERATIONS)


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "register_release"])
def test_an_application_that_nobody_registered_refuses_everything(operation):
    table, outcome = operate(None, operation, **ARGUMENTS[operation])
    assert (table, outcome["code"]) == (None, "unknown_application")


@pytest.mark.parametrize("operation", [name for name in ON_LINES if "line" in ARGUMENTS[name]])
def test_an_unknown_line_is_refused_with_the_known_ones(operation):
    _, outcome = operate(a_table(a_current_line("2.0"), current="2.0"), operation, **ARGUMENTS[operation])
    assert (outcome["code"], outcome["reason"]) == ("unknown_line", "line '1.0' is unknown; known: 2.0")


def test_an_unknown_operation_is_refused():
    assert operate(a_table_with(LineStatus.LIVE), "explode")[1]["code"] == "unknown_operation"


@pytest.mark.parametrize("operation", ["promote", "rollback", "ramp", "keep", "request_drain", "set_policy"])
def test_an_admin_who_saw_another_generation_is_refused(operation):
    table = a_table_with(LineStatus.LIVE)
    after, outcome = operate(table, operation, **ARGUMENTS[operation], expected_generation=6)
    assert (after, outcome["code"]) == (table, "stale")
    assert operate(table, operation, **ARGUMENTS[operation], expected_generation=7)[1]["granted"]


def test_the_log_is_bounded_and_keeps_the_newest():
    table = a_table_with(LineStatus.LIVE)
    for number in range(LOG_LENGTH + 5):
        table, _ = operate(table, "keep", line="1.0", reason=f"reason {number}")
    assert len(table.log) == LOG_LENGTH
    assert table.log[-1].detail == f"line 1.0 is kept: reason {LOG_LENGTH + 4}"
    assert [entry.generation for entry in table.log] == list(
        range(table.generation - LOG_LENGTH + 1, table.generation + 1)
    )


def test_a_table_that_would_become_unsound_is_never_returned():
    unsound = a_table(a_line("1.0", LineStatus.LIVE, holder="ghost"), a_current_line("2.0"), current="2.0")
    with pytest.raises(BrokenInvariantError, match=r"keep: line 1\.0"):
        operate(unsound, "keep", line="1.0", reason="an audit")
