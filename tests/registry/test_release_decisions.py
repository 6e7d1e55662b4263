"""Which deploys may make a line current: those that a pipeline asked for, not those that a client's start caused."""

import pytest
from registry_builders import deployed, digest_of, operate, registered
from saga_world import World

from version_registry.codec import decode_table, encode_table
from version_registry.model import LineStatus, ReleaseStatus


def on_demand(version, table):
    args = {"application": "orders", "version": version, "digest": digest_of(version), "functions": []}
    return operate(table, "register_release", deploy="on-demand", **args)[0]


def started(table, line):
    """Let a start need the line and its deploy succeed."""
    table, told = operate(table, "request_start", line=line, operation="start")
    assert told["action"] == "deploy", told
    table, begun = operate(table, "begin_deploy", version=told["version"], operation=told["operation"])
    app = {"name": f"app-{line}-g{begun['line_generation']}", "host": "app.test"}
    return operate(table, "activate", line=line, operation=told["operation"], app=app, functions=[])


def test_a_start_that_has_an_on_demand_release_deployed_does_not_make_it_current():
    table, outcome = started(on_demand("1.1.0", deployed("1.0.0")), "1.1")

    assert (table.current, outcome["promoted"]) == ("1.0", False)
    assert table.lines["1.1"].status is LineStatus.LIVE
    assert table.lines["1.1"].superseded_at is not None, "its trial period begins"


def test_the_first_line_becomes_current_also_when_a_start_has_it_deployed():
    table, outcome = started(on_demand("1.0.0", None), "1.0")
    assert (table.current, outcome["promoted"]) == ("1.0", True)


@pytest.mark.parametrize("posted", ["before the start", "during its deploy"])
def test_a_release_that_a_pipeline_asks_for_after_all_becomes_current(posted):
    table = on_demand("1.1.0", deployed("1.0.0"))
    if posted == "before the start":
        table = registered("1.1.0", table=table)
        table, _ = started(table, "1.1")
    else:
        table, told = operate(table, "request_start", line="1.1", operation="start")
        table, _ = operate(table, "begin_deploy", version="1.1.0", operation=told["operation"])
        table = registered("1.1.0", table=table)
        args = {"line": "1.1", "operation": told["operation"], "app": {"name": "a", "host": "h"}, "functions": []}
        table, _ = operate(table, "activate", **args)
    assert table.current == "1.1"


def test_posting_an_active_release_again_asks_for_nothing():
    table = deployed("1.0.0")
    assert registered("1.0.0", table=table) == table


def test_registering_on_demand_takes_no_earlier_wish_back():
    table = registered("1.1.0", table=deployed("1.0.0"))
    assert on_demand("1.1.0", table) == table


def test_a_start_that_recreates_a_newer_line_does_not_undo_a_rollback():
    world = World()
    for version in ("1.0.0", "1.1.0"):
        world.deploy(version)
    world.change("rollback")
    world.change("request_drain", line="1.1")
    world.monitor()
    while world.line("1.1").status is not LineStatus.RETIRED:
        world.tick()
    public = world.request("1.1", "again")
    world.run(f"start~orders~{public}")

    assert world.line("1.1").generation == 2
    assert world.table.current == "1.0"


def test_a_start_that_tries_a_failed_release_again_does_not_make_it_current():
    table, _ = operate(
        registered("1.1.0", table=deployed("1.0.0")), "begin_deploy", version="1.1.0", operation="deploy"
    )
    failure = {"reason": "gate_deadline", "message": "not ready"}
    table, _ = operate(table, "fail_deploy", line="1.1", operation="deploy", condition=failure, app_deleted=True)
    assert table.lines["1.1"].releases[0].status is ReleaseStatus.FAILED
    assert not table.lines["1.1"].releases[0].asked_for
    again = registered("1.1.0", table=table)
    assert again.lines["1.1"].releases[0].asked_for, "posting it again is a new decision"


def test_tables_of_older_routers_hold_releases_that_were_asked_for():
    document = encode_table(registered("1.0.0"))
    del document["lines"]["1.0"]["releases"][0]["asked_for"]
    assert decode_table(document).lines["1.0"].releases[0].asked_for
