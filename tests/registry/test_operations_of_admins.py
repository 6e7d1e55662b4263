"""Steering: promote, roll back, ramp, keep, drain, policy."""

import pytest
from registry_builders import (
    HOUR,
    NOW,
    a_current_line,
    a_line,
    a_table,
    deployed,
    operate,
)

from version_registry.codec import encode
from version_registry.model import LineStatus, Policy, Ramp


def a_table_with(status):
    return a_table(a_line("1.0", status), a_current_line("2.0"), current="2.0", previous="1.0")


def line(table, name="1.0"):
    return table.lines[name]


def test_promote_and_rollback_move_current_and_the_clocks():
    table = deployed("1.0.0", "1.1.0")
    table, outcome = operate(table, "rollback", now=NOW + HOUR)
    assert (outcome["line"], table.current, table.previous) == ("1.0", "1.0", None)
    assert (line(table).superseded_at, line(table, "1.1").superseded_at) == (None, NOW + HOUR)

    again, refused = operate(table, "rollback")
    assert (again, refused["code"]) == (table, "nothing_previous")
    table, _ = operate(table, "promote", line="1.1")
    assert (table.current, table.previous) == ("1.1", "1.0")


def test_a_draining_line_can_be_rolled_back_to():
    table, outcome = operate(a_table_with(LineStatus.DRAINING), "rollback")
    assert (table.current, line(table).status, outcome["waiting"]) == ("1.0", LineStatus.LIVE, [])


def test_promoting_the_current_line_is_no_change():
    table = a_table_with(LineStatus.LIVE)
    assert operate(table, "promote", line="2.0")[0] == table


def test_a_pre_release_is_promoted_by_force_only():
    table = deployed("1.0.0", "2.0.0rc1")
    assert operate(table, "promote", line="2.0.0rc1")[1]["code"] == "prerelease"
    assert operate(table, "ramp", line="2.0.0rc1", percent=5)[1]["code"] == "prerelease"
    assert operate(table, "promote", line="2.0.0rc1", force=True)[0].current == "2.0.0rc1"


def test_a_ramp_begins_ends_and_ends_with_promotion():
    table = a_table_with(LineStatus.LIVE)
    ramped, _ = operate(table, "ramp", line="1.0", percent=10)
    assert ramped.ramp == Ramp("1.0", 10)
    assert operate(ramped, "ramp", line="1.0", percent=0)[0].ramp is None
    assert operate(ramped, "promote", line="1.0")[0].ramp is None
    assert operate(table, "ramp", line="2.0", percent=10)[1]["code"] == "current"


@pytest.mark.parametrize("percent", [-1, 101, 2.5, "ten"])
def test_a_ramp_is_a_whole_percentage(percent):
    assert operate(a_table_with(LineStatus.LIVE), "ramp", line="1.0", percent=percent)[1]["code"] == "invalid"


def test_keeping_a_draining_line_cancels_the_drain():
    table, _ = operate(a_table_with(LineStatus.DRAINING), "keep", line="1.0", reason="an audit")
    assert (line(table).status, line(table).keep, line(table).holder) == (LineStatus.LIVE, "an audit", None)
    table, _ = operate(table, "keep", line="1.0", reason=None)
    assert line(table).keep is None


def test_a_drain_cannot_be_asked_for_what_is_current_or_kept():
    table = a_table_with(LineStatus.LIVE)
    assert operate(table, "request_drain", line="2.0")[1]["code"] == "current"
    kept, _ = operate(table, "keep", line="1.0", reason="an audit")
    assert operate(kept, "request_drain", line="1.0")[1]["code"] == "kept"
    assert line(operate(table, "request_drain", line="1.0")[0]).drain_requested


def test_a_policy_is_changed_field_by_field():
    table, outcome = operate(a_table_with(LineStatus.LIVE), "set_policy", policy={"keep_last": 2})
    assert table.policy == Policy(keep_last=2)
    assert outcome["policy"] == encode(Policy(keep_last=2))
    assert table.log[-1].detail == "policy: keep_last 2"


@pytest.mark.parametrize(
    "policy",
    [{"keep": 2}, {"keep_last": -1}, {"sunset_delay": -1}, {"promote": "sometimes"}, {"keep_last": "two"}],
)
def test_a_policy_that_makes_no_sense_is_refused(policy):
    table = a_table_with(LineStatus.LIVE)
    after, outcome = operate(table, "set_policy", policy=policy)
    assert (after, outcome["code"]) == (table, "invalid")
