"""Counting, draining, retiring, taking over: guards, proof and receipt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from registry_builders import (
    HOUR,
    NOW,
    a_count,
    a_current_line,
    a_line,
    a_release,
    a_table,
    operate,
)

from version_registry.codec import encode
from version_registry.model import LineStatus, Ramp, ReleaseStatus

BEGIN_DRAIN = {"line": "1.0", "line_generation": 1, "expected_generation": 7, "operation": "new"}


def a_table_with(status):
    return a_table(a_line("1.0", status), a_current_line("2.0"), current="2.0", previous="1.0")


def line(table, name="1.0"):
    return table.lines[name]


def counting(table, *unfinished):
    """Record counts a minute apart."""
    for number, one in enumerate(unfinished):
        count = a_count(one, at=NOW + timedelta(minutes=number))
        table, _ = operate(
            table, "record_counts", counts={"1.0": encode(count), "2.0": encode(count), "7.0": encode(count)}
        )
    return table


@pytest.mark.parametrize(
    ("unfinished", "quiet_minute"),
    [((0,), 0), ((0, 0, 0), 0), ((3,), None), ((0, 3, 0), 2), ((0, None), None), ((0, None, 0, 0), 2), ((None,), None)],
)
def test_quiet_is_an_unbroken_row_of_zeros_and_unknown_breaks_it(unfinished, quiet_minute):
    table = counting(a_table_with(LineStatus.LIVE), *unfinished)
    expected = None if quiet_minute is None else NOW + timedelta(minutes=quiet_minute)
    assert line(table).quiet_since == expected
    assert line(table, "2.0").last_count is None, "the current line is not counted"


def test_a_count_that_repeats_the_last_does_not_change_the_table():
    table = counting(a_table_with(LineStatus.LIVE), 3)
    assert counting(table, 3, 3, 3) == table
    assert table.log == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"line_generation": 2}, "stale"),
        ({"expected_generation": 6}, "stale"),
        ({"line": "2.0"}, "current"),
    ],
)
def test_a_drain_is_guarded_by_the_generations(changes, code):
    table = a_table_with(LineStatus.LIVE)
    after, outcome = operate(table, "begin_drain", **(BEGIN_DRAIN | changes))
    assert (after, outcome["code"]) == (table, code)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"keep": "an audit"}, "kept"),
        (
            {
                "holder": "deploy",
                "held_since": NOW,
                "releases": (a_release("1.0.0"), a_release("1.0.1", ReleaseStatus.DEPLOYING, operation="deploy")),
            },
            "busy",
        ),
    ],
)
def test_a_line_that_is_kept_or_held_is_not_drained(fields, code):
    table = a_table(a_line("1.0", **fields), a_current_line("2.0"), current="2.0")
    after, outcome = operate(table, "begin_drain", **BEGIN_DRAIN)
    assert (after, outcome["code"]) == (table, code)


def test_a_ramp_target_is_not_drained():
    table = replace(a_table_with(LineStatus.LIVE), ramp=Ramp("1.0", 5))
    assert operate(table, "begin_drain", **BEGIN_DRAIN)[1]["code"] == "ramp_target"


def test_a_drain_that_asks_again_is_not_stale():
    table, first = operate(a_table_with(LineStatus.LIVE), "begin_drain", **BEGIN_DRAIN)
    after, again = operate(table, "begin_drain", **BEGIN_DRAIN)
    assert (first["granted"], again["granted"], after) == (True, True, table)


def test_a_drain_that_was_cancelled_is_not_begun_again_by_the_same_plan():
    table, _ = operate(a_table_with(LineStatus.LIVE), "begin_drain", **BEGIN_DRAIN)
    table, _ = operate(table, "request_start", line="1.0", operation="start")
    after, outcome = operate(table, "begin_drain", **BEGIN_DRAIN)
    assert (after, outcome["code"]) == (table, "stale")


@pytest.mark.parametrize("requested", [True, False])
@pytest.mark.parametrize("by_saga", [True, False])
def test_what_the_saga_gives_up_stays_asked_for_and_what_an_admin_takes_back_does_not(requested, by_saga):
    table = a_table(a_line("1.0", LineStatus.DRAINING, drain_requested=requested), a_current_line("2.0"), current="2.0")
    operation = {"operation": "holder-1.0"} if by_saga else {}
    table, outcome = operate(table, "cancel_drain", line="1.0", reason="2 unfinished instances", **operation)
    after, again = operate(table, "cancel_drain", line="1.0", reason="2 unfinished instances", **operation)

    assert line(table).drain_requested is (requested and by_saga)
    assert (line(table).status, line(table).condition) == (
        LineStatus.LIVE,
        "the drain was cancelled: 2 unfinished instances",
    )
    assert (after, again["granted"], outcome["waiting"]) == (table, True, [])


def zero_at(minutes):
    return encode(a_count(at=NOW + timedelta(minutes=minutes)))


UNKNOWN = encode(a_count(None, at=NOW + timedelta(minutes=3)))


@pytest.mark.parametrize(
    ("counts", "proven"),
    [
        ([], False),
        ([zero_at(1)], False),
        ([zero_at(1), zero_at(1)], False),
        ([zero_at(-90), zero_at(1)], False),
        ([zero_at(1), encode(a_count(2, at=NOW + HOUR))], False),
        ([zero_at(1), zero_at(2), UNKNOWN], False),
        ([zero_at(1), UNKNOWN, zero_at(4)], False),
        ([zero_at(1), zero_at(2)], True),
        ([UNKNOWN, zero_at(4), zero_at(5), zero_at(5)], True),
    ],
    ids=[
        "no count",
        "one",
        "one moment",
        "one is from before the drain",
        "not zero",
        "unknown at the end",
        "unknown in between",
        "two zeros",
        "two zeros after an unknown",
    ],
)
def test_nothing_is_retired_without_proof(counts, proven):
    table = a_table_with(LineStatus.DRAINING)
    args = {"line": "1.0", "operation": "holder-1.0", "counts": counts, "archived": 3}
    after, outcome = operate(table, "begin_retire", **args)

    assert outcome["granted"] is proven
    assert line(after).status is (LineStatus.RETIRING if proven else LineStatus.DRAINING)
    assert proven or outcome["code"] == "not_proven"
    assert operate(after, "begin_retire", **args)[0] == after


def test_a_tombstone_carries_its_receipt_and_frees_who_waited():
    table = a_table_with(LineStatus.DRAINING)
    counts = [zero_at(1), zero_at(2)]
    table, _ = operate(table, "begin_retire", line="1.0", operation="holder-1.0", counts=counts, archived=3)
    table, _ = operate(table, "request_start", line="1.0", operation="start")
    args = {"line": "1.0", "operation": "holder-1.0", "deleted": ["app", "plan"]}
    table, outcome = operate(table, "complete_retire", now=NOW + HOUR, **args)

    assert outcome["waiting"] == ["start"]
    assert outcome["receipt"] == encode(line(table).receipt)
    assert outcome["receipt"] == {
        "operation": "holder-1.0",
        "generation": 1,
        "table_generation": 10,
        "drain_began_at": "2026-03-01T11:00:00Z",
        "counts": counts,
        "archived": 3,
        "deleted": ["app", "plan"],
        "completed_at": "2026-03-01T13:00:00Z",
    }
    assert (table.generation, line(table).releases[0].status) == (10, ReleaseStatus.RETIRED)
    again, repeated = operate(table, "complete_retire", **args)
    assert (again, repeated["granted"], repeated["waiting"]) == (table, True, [])


@pytest.mark.parametrize("status", [LineStatus.DRAINING, LineStatus.RETIRING])
def test_an_heir_takes_over_once_and_the_dead_holder_can_do_nothing_more(status):
    table = a_table_with(status)
    args = {"line": "1.0", "operation": "heir", "replaces": "holder-1.0"}
    table, outcome = operate(table, "take_over", now=NOW + HOUR, **args)

    assert (outcome["granted"], outcome["status"], line(table).holder) == (True, status.value, "heir")
    assert operate(table, "take_over", **args)[0] == table
    assert operate(table, "take_over", line="1.0", operation="third", replaces="holder-1.0")[1]["code"] == "not_holder"
    dead = {"line": "1.0", "operation": "holder-1.0"}
    assert operate(table, "complete_retire", **dead, deleted=[])[1]["granted"] is False
    assert operate(table, "begin_retire", **dead, counts=[], archived=0)[1]["code"] == "not_holder"
