"""The operations of the routing table: when each is possible, what it does, and that its repeat does nothing."""

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
    deployed,
    digest_of,
    operate,
    registered,
)

from version_registry.codec import encode
from version_registry.errors import BrokenInvariantError
from version_registry.invariants import find_violations
from version_registry.model import LineStatus, Policy, PromotePolicy, Ramp, ReleaseStatus
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
}
ON_LINES = [name for name in OPERATIONS if name not in ("set_policy", "record_counts")]
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


# Registering.


def test_the_first_release_makes_the_table_and_its_line():
    table, outcome = operate(
        None, "register_release", application="orders", version="v1.4.2", digest="d" * 64, functions=[]
    )
    assert outcome == {"granted": True, "generation": 1, "created": True, "line": "1.4"}
    assert line(table, "1.4").releases[0].version == "1.4.2"
    assert [(entry.operation, entry.line, entry.detail) for entry in table.log] == [
        ("register_release", "1.4", f"release 1.4.2 is registered, digest {'d' * 12}…")
    ]


def test_the_same_release_again_is_no_change():
    table = registered("1.0.0")
    after, outcome = operate(
        table, "register_release", application="orders", version="1.0.0", digest=digest_of("1.0.0")
    )
    assert (after, outcome["created"], outcome["generation"]) == (table, False, 1)


def test_the_same_version_with_another_digest_is_a_conflict():
    table = registered("1.0.0")
    after, outcome = operate(table, "register_release", application="orders", version="1.0.0", digest="e" * 64)
    assert (after, outcome["code"], outcome["digest"]) == (table, "digest_conflict", digest_of("1.0.0"))


@pytest.mark.parametrize("version", ["1.0", "banana", "1.0.0+x"])
def test_what_is_no_release_is_refused_as_invalid(version):
    table, outcome = operate(None, "register_release", application="orders", version=version, digest="d")
    assert (table, outcome["code"]) == (None, "invalid")


# Deploying and promotion.


def test_a_first_deploy_gives_the_line_its_next_generation():
    table, outcome = operate(registered("1.0.0"), "begin_deploy", version="1.0.0", operation="deploy")
    assert outcome == {
        "granted": True,
        "generation": 2,
        "line": "1.0",
        "status": "provisioning",
        "line_generation": 1,
        "app": None,
        "version": "1.0.0",
        "digest": digest_of("1.0.0"),
        "functions": [],
        "previous": None,
        "noop": False,
        "waiting": [],
    }
    assert (line(table).status, line(table).holder, line(table).held_since) == (
        LineStatus.PROVISIONING,
        "deploy",
        NOW,
    )


def test_a_patch_is_told_what_runs_now():
    table = registered("1.0.1", table=deployed("1.0.0"))
    _, outcome = operate(table, "begin_deploy", version="1.0.1", operation="deploy")
    assert (outcome["status"], outcome["line_generation"], outcome["app"]["name"]) == ("live", 1, "app-1.0.0-g1")
    assert outcome["previous"] == {
        "version": "1.0.0",
        "digest": digest_of("1.0.0"),
        "functions": [{"name": "process_order", "kind": "orchestrationTrigger"}],
    }


def test_a_deploy_that_asks_again_is_told_the_same():
    args = {"version": "1.0.0", "operation": "deploy"}
    table, first = operate(registered("1.0.0"), "begin_deploy", **args)
    after, again = operate(table, "begin_deploy", **args)
    assert (after, again) == (table, first)


@pytest.mark.parametrize("status", [LineStatus.PROVISIONING, LineStatus.RETIRING])
def test_a_deploy_of_a_line_that_is_held_waits_and_is_named_once(status):
    table = a_table(a_line("1.0", status))
    table, outcome = operate(table, "begin_deploy", version="1.0.0", operation="second")
    again, _ = operate(table, "begin_deploy", version="1.0.0", operation="second")

    assert (outcome["code"], outcome["holder"]) == ("busy", "holder-1.0")
    assert line(table).waiting == ("second",)
    assert again == table


def test_who_waited_is_returned_once_when_the_deploy_lets_go():
    table, _ = operate(registered("1.0.0", "1.0.1"), "begin_deploy", version="1.0.0", operation="first")
    table, _ = operate(table, "begin_deploy", version="1.0.1", operation="second")
    table, _ = operate(table, "request_start", line="1.0", operation="start")
    args = {"line": "1.0", "operation": "first", "app": APP, "functions": []}
    table, outcome = operate(table, "activate", **args)
    after, again = operate(table, "activate", **args)

    assert (outcome["waiting"], outcome["promoted"]) == (["second", "start"], True)
    assert line(table).waiting == ()
    assert (after, again["granted"], again["waiting"], again["promoted"]) == (table, True, [], True)


@pytest.mark.parametrize(
    ("versions", "policy", "current"),
    [
        (["1.0.0"], Policy(promote=PromotePolicy.MANUALLY), "1.0"),
        (["1.0.0", "1.1.0"], Policy(), "1.1"),
        (["1.0.0", "1.1.0"], Policy(promote=PromotePolicy.MANUALLY), "1.0"),
        (["1.1.0", "1.0.0"], Policy(), "1.1"),
        (["1.9.0", "1.10.0"], Policy(), "1.10"),
        (["1.0.0", "1.1.0", "1.0.1"], Policy(), "1.1"),
        (["1.0.0", "2.0.0rc1"], Policy(), "1.0"),
        (["2.0.0rc1"], Policy(), None),
        (["2.0.0rc1", "1.0.0"], Policy(), "1.0"),
    ],
    ids=[
        "the first line always",
        "a newer line",
        "not by itself when policy says by hand",
        "not an older line",
        "versions are numbers",
        "not a back-port patch",
        "not a pre-release",
        "not even the first",
        "the first that is none",
    ],
)
def test_a_line_becomes_current_by_policy(versions, policy, current):
    table = None
    for version in versions:
        table = deployed(version, table=table)
        table = replace(table, policy=policy)
    assert table.current == current


def test_the_clock_of_a_line_begins_when_it_is_superseded_or_activated():
    table = deployed("1.0.0", now=NOW)
    table = deployed("1.1.0", "0.9.0", table=table, now=NOW + HOUR)
    clocks = {name: one.superseded_at for name, one in table.lines.items()}
    assert clocks == {"1.0": NOW + HOUR, "1.1": None, "0.9": NOW + HOUR}


def test_a_patch_leaves_the_clock_of_a_superseded_line_alone():
    table = deployed("1.0.0", "1.1.0", now=NOW)
    table = deployed("1.0.1", table=table, now=NOW + HOUR)
    assert line(table).superseded_at == NOW


@pytest.mark.parametrize("versions", [["1.0.0"], ["1.0.0", "1.0.1"]], ids=["first", "patch"])
def test_a_failed_deploy_leaves_the_line_as_it_was(versions):
    table = registered(*versions, table=deployed(*versions[:-1]) if versions[1:] else None)
    table, _ = operate(table, "begin_deploy", version=versions[-1], operation="deploy")
    args = {"line": "1.0", "operation": "deploy", "condition": CONDITION, "app_deleted": True}
    failed, outcome = operate(table, "fail_deploy", **args)

    expected = (LineStatus.LIVE, "1.0.0") if versions[1:] else (LineStatus.REGISTERED, None)
    assert (line(failed).status, line(failed).active) == expected
    assert line(failed).holder is None
    assert line(failed).releases[-1].status is ReleaseStatus.FAILED
    assert failed.log[-1].detail == f"the deploy of {versions[-1]} failed: it is broken"
    again, repeated = operate(failed, "fail_deploy", **args)
    assert (again, repeated["granted"]) == (failed, True)
    assert outcome["waiting"] == []


def test_a_line_that_was_retired_is_a_tombstone_again_when_its_recreation_fails():
    table = a_table(a_line("1.0", LineStatus.RETIRED), a_current_line("2.0"), current="2.0")
    table, begun = operate(table, "begin_deploy", version="1.0.0", operation="deploy")
    table, _ = operate(table, "fail_deploy", line="1.0", operation="deploy", condition=CONDITION, app_deleted=True)
    assert begun["line_generation"] == 2
    assert (line(table).status, line(table).receipt is not None) == (LineStatus.RETIRED, True)


@pytest.mark.parametrize("operation", ["activate", "fail_deploy", "report_progress"])
def test_only_the_holder_finishes_a_deploy(operation):
    table = a_table_with(LineStatus.PROVISIONING)
    after, outcome = operate(table, operation, **ARGUMENTS[operation])
    assert (after, outcome["code"], outcome["holder"]) == (table, "not_holder", "holder-1.0")


def test_a_release_posted_again_takes_its_draining_line_back():
    table = a_table_with(LineStatus.DRAINING)
    table, outcome = operate(table, "begin_deploy", version="1.0.0", operation="deploy")
    assert (outcome["granted"], outcome["noop"]) == (True, True)
    assert (line(table).status, line(table).holder, line(table).drain_began_at) == (LineStatus.LIVE, None, None)


def test_a_patch_of_a_draining_line_cancels_the_drain_and_holds_the_line():
    table = registered("1.0.1", table=a_table_with(LineStatus.DRAINING))
    table, outcome = operate(table, "begin_deploy", version="1.0.1", operation="deploy")
    assert (outcome["granted"], outcome["noop"], outcome["status"]) == (True, False, "live")
    assert (line(table).status, line(table).holder) == (LineStatus.LIVE, "deploy")
    refused = operate(table, "begin_retire", line="1.0", operation="holder-1.0", counts=[], archived=0)[1]
    assert refused["code"] == "not_allowed"


# Steering.


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


# Counting, draining, retiring.


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
    after, outcome = operate(table, "begin_drain", **(ARGUMENTS["begin_drain"] | changes))
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
    after, outcome = operate(table, "begin_drain", **ARGUMENTS["begin_drain"])
    assert (after, outcome["code"]) == (table, code)


def test_a_ramp_target_is_not_drained():
    table = replace(a_table_with(LineStatus.LIVE), ramp=Ramp("1.0", 5))
    assert operate(table, "begin_drain", **ARGUMENTS["begin_drain"])[1]["code"] == "ramp_target"


def test_a_drain_that_asks_again_is_not_stale():
    table, first = operate(a_table_with(LineStatus.LIVE), "begin_drain", **ARGUMENTS["begin_drain"])
    after, again = operate(table, "begin_drain", **ARGUMENTS["begin_drain"])
    assert (first["granted"], again["granted"], after) == (True, True, table)


def test_a_drain_that_was_cancelled_is_not_begun_again_by_the_same_plan():
    table, _ = operate(a_table_with(LineStatus.LIVE), "begin_drain", **ARGUMENTS["begin_drain"])
    table, _ = operate(table, "request_start", line="1.0", operation="start")
    after, outcome = operate(table, "begin_drain", **ARGUMENTS["begin_drain"])
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


# Starts.


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


# The table itself.


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
