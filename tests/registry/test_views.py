"""The table as people read it."""

from datetime import timedelta

import pytest
from registry_builders import (
    HOUR,
    NOW,
    a_count,
    a_current_line,
    a_line,
    a_policy,
    a_table,
    digest_of,
    operate,
    registered,
)

from version_registry.model import LineStatus, Timings
from version_registry.views import explain_line, view_log, view_release, view_table

QUIET = {"quiet_since": NOW - HOUR, "last_count": a_count(at=NOW - HOUR)}


def explain(line):
    table = a_table(line, a_current_line("9.0"), current="9.0", policy=a_policy())
    return explain_line(table, line, NOW, Timings())


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (a_line("1.0", last_count=a_count(3)), "3 unfinished instances"),
        (a_line("1.0", last_count=a_count(None, reason="503")), "the app did not answer the count: 503"),
        (a_line("1.0", **QUIET), "its retirement to begin"),
        (a_line("1.0", **QUIET, keep="an audit"), "kept: an audit"),
        (a_line("1.0", LineStatus.REGISTERED), ""),
        (a_line("1.0", LineStatus.PROVISIONING), "its app to be made, filled and found healthy"),
        (a_line("1.0", LineStatus.DRAINING), "the proof that nothing in its app is unfinished"),
        (
            a_line("1.0", LineStatus.RETIRING, condition="its app could not be deleted yet: a lock"),
            "its app to be deleted; its app could not be deleted yet: a lock",
        ),
        (a_line("1.0", LineStatus.RETIRED), ""),
    ],
)
def test_a_line_says_what_it_waits_for(line, text):
    assert explain(line) == text


def test_the_current_line_waits_for_nothing():
    table = a_table(a_current_line("9.0"), current="9.0")
    assert explain_line(table, table.lines["9.0"], NOW, Timings()) == ""


def test_a_table_is_shown_newest_line_first():
    table = a_table(a_line("1.9"), a_line("1.10"), a_current_line("2.0"), current="2.0", previous="1.10")
    view = view_table(table, NOW, Timings())

    assert [line["name"] for line in view["lines"]] == ["2.0", "1.10", "1.9"]
    assert (view["application"], view["generation"], view["current"], view["previous"]) == ("orders", 7, "2.0", "1.10")
    assert [(line["current"], line["superseded"]) for line in view["lines"]] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_a_line_is_shown_whole():
    table = a_table(a_line("1.0", waiting=()), a_current_line("2.0"), current="2.0", policy=a_policy())
    line = view_table(table, NOW, Timings())["lines"][1]

    assert line == {
        "name": "1.0",
        "status": "live",
        "current": False,
        "superseded": True,
        "generation": 1,
        "active": "1.0.0",
        # Without its host: nobody but the router reaches an app.
        "app": {"name": "app-1.0-g1"},
        "functions": [{"name": "process_order", "kind": "orchestrationTrigger"}],
        "condition": "not counted yet",
        "operation": None,
        "waiting": 0,
        "keep": None,
        "drain_requested": False,
        "activated_at": "2026-03-01T07:00:00Z",
        "promoted_at": "2026-03-01T07:00:00Z",
        "superseded_at": "2026-03-01T11:00:00Z",
        "quiet_since": None,
        "drain_began_at": None,
        "held_since": None,
        "last_count": None,
        "proof": None,
        "receipt": None,
        "releases": [
            {
                "version": "1.0.0",
                "line": "1.0",
                "digest": digest_of("1.0.0"),
                "status": "active",
                "registered_at": "2026-03-01T03:00:00Z",
                "conditions": [],
                "operation": None,
            }
        ],
    }


def test_a_release_shows_its_steps():
    table, _ = operate(registered("1.0.0"), "begin_deploy", version="1.0.0", operation="deploy")
    condition = {"type": "AppReady", "status": True, "reason": "done", "message": "the app is app-1"}
    table, _ = operate(table, "report_progress", line="1.0", operation="deploy", condition=condition)
    view = view_release(table, "v1.0.0")

    assert (view["status"], view["line_status"], view["operation"]) == ("deploying", "provisioning", "deploy")
    assert view["conditions"] == [condition | {"at": "2026-03-01T12:00:00Z"}]


@pytest.mark.parametrize("version", ["1.0.9", "7.0.0", "banana", "1.0"])
def test_a_release_that_does_not_exist_is_not_shown(version):
    assert view_release(registered("1.0.0"), version) is None


def test_a_condition_that_says_the_same_keeps_its_time():
    table, _ = operate(registered("1.0.0"), "begin_deploy", version="1.0.0", operation="deploy")
    args = {
        "line": "1.0",
        "operation": "deploy",
        "condition": {"type": "AppReady", "status": False, "reason": "waiting"},
    }
    table, _ = operate(table, "report_progress", **args)
    again, _ = operate(table, "report_progress", now=NOW + timedelta(minutes=1), **args)
    assert again == table


def test_the_log_is_shown_newest_first():
    table = registered("1.0.0", "1.1.0")
    assert [entry["line"] for entry in view_log(table)["log"]] == ["1.1", "1.0"]
    assert view_log(table)["generation"] == 2
