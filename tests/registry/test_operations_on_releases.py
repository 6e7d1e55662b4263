"""Registering, deploying and promoting by policy: what the operations do, and that their repeat does nothing."""

from dataclasses import replace

import pytest
from registry_builders import (
    HOUR,
    NOW,
    a_current_line,
    a_line,
    a_table,
    deployed,
    digest_of,
    operate,
    registered,
)

from version_registry.model import LineStatus, Policy, PromotePolicy, ReleaseStatus

CONDITION = {"reason": "broken", "message": "it is broken"}
APP = {"name": "app", "host": "app.test"}
_FINISH = {
    "activate": {"line": "1.0", "operation": "new", "app": APP, "functions": []},
    "fail_deploy": {"line": "1.0", "operation": "new", "condition": CONDITION, "app_deleted": True},
    "report_progress": {"line": "1.0", "operation": "new", "condition": CONDITION},
}


def a_table_with(status):
    return a_table(a_line("1.0", status), a_current_line("2.0"), current="2.0", previous="1.0")


def line(table, name="1.0"):
    return table.lines[name]


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
    after, outcome = operate(table, operation, **_FINISH[operation])
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
