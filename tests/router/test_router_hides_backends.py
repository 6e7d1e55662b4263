"""A whole story, told to clients, pipelines and admins: nobody reads a host, port or key of a version app."""

import io
import json

import pytest
from backend_traces import assert_hidden, backend_traces
from rich.console import Console
from version_package import zip_version

from router_cli.routes_table import draw_log, draw_routes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BROKEN = "\nraise RuntimeError('this package cannot be imported')\n"
WITH_HISTORY = {"showHistory": "true", "showHistoryOutput": "true", "showInput": "true"}


@pytest.fixture(scope="module")
def traces(stack, storied):
    """Of the apps that are, and of the one that was."""
    return {**storied.past_traces, **backend_traces(stack)}


@pytest.fixture(scope="module")
def failed(stack, storied):
    """A release that failed, and how its app would have been known."""
    storied.release("1.3.0", zip_version("1.3.0", more=BROKEN))
    storied.await_json(
        lambda: storied.call("release", "GET", "/releases/1.3.0"),
        lambda release: release["status"] == "failed",
        what="the release to fail",
    )


def all_about_tables(router):
    """What pipelines and admins can read."""
    reads = ("/routes", "/routes?all=true", "/log", "/releases", "/status-check")
    yield from (router.call("admin", "GET", path) for path in reads)
    yield router.http.get(f"{router.url}/api/routes", headers={"x-functions-key": router.keys["admin"]})
    for release in router.call("release", "GET", "/releases").json()["releases"]:
        yield router.call("release", "GET", f"/releases/{release['version']}")


def test_tables_logs_releases_and_receipts_hide_them(storied, traces, failed):
    answers = list(all_about_tables(storied))
    assert {answer.status_code for answer in answers} == {200}
    assert_hidden(traces, *answers)
    lines = {line["name"]: line for line in storied.routes()["lines"]}
    assert lines["1.0"]["receipt"]["deleted"]
    assert set(lines["1.2"]["app"]) == {"name"}
    assert "cannot be imported" in json.dumps(lines["1.3"]["releases"])


def test_the_command_line_draws_nothing_of_them(storied, traces):
    console = Console(record=True, width=400, file=io.StringIO())
    console.print(draw_routes(storied.routes()))
    console.print(draw_log(storied.call("admin", "GET", "/log").json()))
    drawn = console.export_text()
    assert "1.2" in drawn
    assert_hidden(traces, drawn)


def test_what_an_app_tells_of_itself_hides_it(storied, traces):
    told = storied.call("client", "POST", "/v/1.2/http/leak", params={"id": "1.2~leak"})
    assert told.json()["statusQueryGetUri"] == f"{storied.url}/api/storied/instances/1.2~leak"
    assert told.headers["Location"] == told.json()["statusQueryGetUri"]
    status = storied.finished("1.2~leak")
    assert status["output"]["words"] == f"ask {told.json()['statusQueryGetUri']} now"
    assert status["customStatus"]["terminatePostUri"].endswith(
        "/api/storied/instances/1.2~leak/terminate?reason={text}"
    )
    listed = storied.call("client", "GET", "/instances", params={"showInput": "true", "instanceIdPrefix": "1.2~leak"})
    assert listed.json()[0]["input"]
    waited = storied.call(
        "client", "POST", "/v/1.2/orchestrations/echo", json={"url": status["input"]}, params={"timeout": "20"}
    )
    whole = storied.status("1.2~leak", **WITH_HISTORY)
    assert "pass_on" in whole.text
    assert_hidden(traces, told, listed, waited, whole, json.dumps(status))


def test_what_is_archived_hides_the_app_that_is_gone(stack, storied, traces):
    kept = storied.status("1.0~leak", **WITH_HISTORY)
    assert kept.json()["output"]["words"] == "ask /api/storied/instances/1.0~leak now"
    assert_hidden(
        traces, kept, storied.call("client", "GET", "/instances", params={"line": "1.0", "showInput": "true"})
    )
    documents = [file.read_text() for file in stack.state_dir.glob("store/objects/archive/storied/*")]
    assert any("terminatePostUri" in document for document in documents)
    assert_hidden(traces, *documents)


def test_an_app_that_is_down_is_not_named_in_any_refusal(stack, storied, traces):
    storied.start("await_event", key="cut-off", version="1.1")
    site = storied.line("1.1")["app"]["name"]
    group = next(one["resourceGroup"] for one in stack.arm.list_running_sites() if one["name"] == site)
    switch = f"{stack.arm._site_path(group, site)}"
    stack.arm._send("POST", f"{switch}/stop")
    try:
        answers = [
            storied.status("1.1~cut-off"),
            storied.command("1.1~cut-off", "terminate"),
            storied.command("1.1~cut-off", "raiseEvent/go", json=1),
            storied.command("1.1~cut-off", "restart"),
            storied.call("client", "DELETE", "/instances/1.1~cut-off"),
            storied.start("echo", version="1.1"),
            storied.call("client", "GET", "/instances", params={"line": "1.1"}),
            storied.call("client", "DELETE", "/instances", params={"createdTimeFrom": "2099-01-01T00:00:00Z"}),
            storied.call("client", "GET", "/v/1.1/runtime/webhooks/durabletask/instances/cut-off"),
        ]
        assert {answer.status_code // 100 for answer in answers} == {5}, [answer.text for answer in answers]
        # What stands in the stopped app's place is no answer of ours, but it is shown.
        passed = [storied.call("client", "GET", f"/v/1.1/{path}") for path in ("http/about/x", "entities/counter/x")]
        assert_hidden(traces, *answers, *passed)
        storied.await_json(
            lambda: storied.call("admin", "GET", "/routes"),
            lambda routes: next(one for one in routes["lines"] if one["name"] == "1.1")["last_count"]["reason"],
            what="the count to fail",
        )
        assert_hidden(traces, *all_about_tables(storied))
    finally:
        stack.arm._send("POST", f"{switch}/start")
    storied.await_json(
        lambda: storied.call("client", "GET", "/v/1.1/entities"),
        lambda listed: isinstance(listed, list),
        what="the app to be back",
    )
    storied.command("1.1~cut-off", "terminate")


def test_the_routers_own_log_holds_no_key_and_no_host(stack, traces):
    assert_hidden(traces, stack.router_log.read_text())
