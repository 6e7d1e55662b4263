"""Calls of clients beyond start and status: create-and-wait, queries and purges over all lines, what is archived."""

import json
import time

import pytest
from router_driver import problem_of
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TOKEN = "x-ms-continuation-token"
MIRRORED_START = "/v/1.2/runtime/webhooks/durabletask/orchestrators"


def query(router, **params):
    """All entries of a query, page by page."""
    found, token = [], None
    for _ in range(100):
        page = router.call("client", "GET", "/instances", params=params, headers={TOKEN: token} if token else {})
        assert page.status_code == 200, page.text
        found += page.json()
        if not (token := page.headers[TOKEN]):
            return found
    raise AssertionError("the query does not end")


def ids(entries):
    return [entry["instanceId"] for entry in entries]


class TestCreateAndWait:
    @pytest.mark.parametrize("path", ["/orchestrations/echo", "/v/1.2/orchestrations/echo", f"{MIRRORED_START}/echo"])
    def test_the_output_is_the_answer_if_it_comes_in_time(self, storied, path):
        params = {"timeout": "20", "pollingInterval": "0.1"}
        response = storied.call("client", "POST", path, json={"a": 1}, params=params)
        assert response.status_code == 200
        assert response.json() == {"version": "1.2.0", "input": {"a": 1}, "type": "dict"}

    def test_what_does_not_end_in_time_is_accepted(self, storied):
        began = time.monotonic()
        response = storied.start("await_event", key="slow", params={"timeout": "0.3", "pollingInterval": "0.1"})
        assert 0.3 <= time.monotonic() - began < 5
        assert (response.status_code, response.json()["id"]) == (202, "1.2~slow")
        assert response.headers["Location"] == response.json()["statusQueryGetUri"]
        storied.command("1.2~slow", "terminate")

    @pytest.mark.parametrize(("flag", "status"), [({}, 200), ({"returnInternalServerErrorOnFailure": "true"}, 500)])
    def test_a_failure_is_answered_as_a_status(self, storied, flag, status):
        response = storied.start("fail", params={"timeout": "20", "pollingInterval": "0.1", **flag})
        assert (response.status_code, response.json()["runtimeStatus"]) == (status, "Failed")

    def test_a_long_interval_does_not_delay_what_ends_soon(self, storied):
        began = time.monotonic()
        response = storied.start("echo", params={"timeout": "100", "pollingInterval": "1e9"})
        assert response.status_code == 200
        assert time.monotonic() - began < 20

    @pytest.mark.parametrize("params", [{"timeout": "soon"}, {"timeout": "-1"}, {"timeout": "nan"}])
    def test_a_time_that_is_none_starts_nothing(self, storied, params):
        response = storied.start("echo", key="never", params=params)
        assert (response.status_code, problem_of(response)) == (400, "invalid-parameter")
        assert problem_of(storied.status("1.2~never")) == "unknown-instance"


class TestQueries:
    def test_one_token_leads_through_all_lines_the_retired_too(self, storied):
        for version, number in (("1.1", 0), ("1.2", 0), ("1.2", 1), ("1.2", 2)):
            instance = storied.start("echo", number, key=f"listed-{number}", version=version).json()["id"]
            storied.finished(instance)
        entries = query(storied, top="2", runtimeStatus="Completed")
        # An id without a line is the app's own choice: two lines may have the same.
        found = [(entry["line"], entry["instanceId"]) for entry in entries]
        assert len(set(found)) == len(found)
        expected = {"1.2~listed-0", "1.2~listed-2", "1.1~listed-0", "1.0~old-0", "1.0~old-2", "own-start"}
        assert expected <= set(ids(entries))
        lines = [line for line, _ in found]
        assert lines == sorted(lines, reverse=True)

    @pytest.mark.parametrize("params", [[("runtimeStatus", "Failed"), ("runtimeStatus", "Terminated")], "joined"])
    def test_statuses_may_be_repeated_or_joined(self, storied, params):
        params = {"runtimeStatus": "failed,Terminated"} if params == "joined" else params
        page = storied.call("client", "GET", "/instances", params=[("line", "1.0"), *_pairs(params)])
        assert ids(page.json()) == ["1.0~old-failed"]

    def test_what_is_archived_is_filtered_too(self, storied):
        assert ids(query(storied, instanceIdPrefix="1.0~old-", runtimeStatus="Completed", top="1")) == [
            *("1.0~old-0", "1.0~old-1", "1.0~old-2")
        ]
        created = storied.status("1.0~old-1").json()["createdTime"]
        assert "1.0~old-1" in ids(query(storied, createdTimeFrom=created, createdTimeTo=created, line="1.0"))
        assert query(storied, createdTimeTo="2020-01-01T00:00:00Z") == []
        assert query(storied, line="1.0", runtimeStatus="Running") == []

    def test_a_prefix_finds_what_was_started_with_it_in_every_line(self, storied):
        for version in ("1.1", "1.2"):
            storied.finished(storied.start("echo", key="old-but-alive", version=version).json()["id"])
        found = ids(query(storied, instanceIdPrefix="old-", runtimeStatus="Completed"))
        assert found[:2] == ["1.2~old-but-alive", "1.1~old-but-alive"]
        assert {"1.0~old-0", "1.0~old-1"} <= set(found)

    def test_inputs_are_shown_when_asked_for(self, storied):
        shown = {"instanceIdPrefix": "1.0~old-0"}
        assert query(storied, **shown)[0]["input"] is None
        assert query(storied, **shown, showInput="true")[0]["input"] == {"old": 0}

    @pytest.mark.parametrize(
        "params",
        [
            {"runtimeStatus": "done"},
            {"createdTimeFrom": "yesterday"},
            {"top": "0"},
            {"top": "9999"},
            {"continuationToken": "x"},
        ],
    )
    def test_a_filter_that_is_none_is_refused(self, storied, params):
        response = storied.call("client", "GET", "/instances", params=params)
        assert (response.status_code, problem_of(response)) == (400, "invalid-parameter")


class TestPurges:
    def test_a_purge_by_filter_reaches_all_lines(self, storied):
        for version in ("1.1", "1.2"):
            storied.finished(storied.start("fail", version=version, key="to-purge").json()["id"])
        storied.start("await_event", key="not-to-purge")
        params = {"createdTimeFrom": "2020-01-01T00:00:00Z", "runtimeStatus": "Failed,Canceled"}
        response = storied.call("client", "DELETE", "/instances", params=params)
        assert response.status_code == 200, response.text
        # Also 1.0~old-failed, of which only the archive knew.
        assert response.json()["instancesDeleted"] >= 3
        for instance in ("1.1~to-purge", "1.2~to-purge", "1.0~old-failed"):
            assert problem_of(storied.status(instance)) == "unknown-instance"
        again = storied.call("client", "DELETE", "/instances", params=params)
        assert (again.status_code, problem_of(again)) == (404, "unknown-instance")
        assert storied.status("1.0~old-0").status_code == 200
        assert storied.status("1.2~not-to-purge").status_code == 202
        storied.command("1.2~not-to-purge", "terminate")

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"createdTimeTo": "2030-01-01T00:00:00Z"},
            {"createdTimeFrom": "2020-01-01T00:00:00Z", "instanceIdPrefix": "1.0~"},
            {"createdTimeFrom": "2020-01-01T00:00:00Z", "runtimeStatus": "Running"},
        ],
        ids=["nothing", "no beginning", "a prefix", "what still runs"],
    )
    def test_a_purge_that_could_take_too_much_is_refused(self, storied, params):
        response = storied.call("client", "DELETE", "/instances", params=params)
        assert (response.status_code, problem_of(response)) == (400, "invalid-parameter")
        assert storied.status("1.0~old-0").status_code == 200

    def test_what_is_archived_can_be_purged_by_its_id(self, storied):
        assert storied.call("client", "DELETE", "/instances/1.0~old-2").json() == {"instancesDeleted": 1}
        gone = storied.call("client", "DELETE", "/instances/1.0~old-2")
        assert (gone.status_code, problem_of(gone)) == (404, "unknown-instance")

    def test_what_has_not_ended_is_not_purged(self, storied):
        storied.start("await_event", key="busy")
        response = storied.call("client", "DELETE", "/instances/1.2~busy")
        assert (response.status_code, problem_of(response)) == (404, "unknown-instance")
        assert storied.status("1.2~busy").status_code == 202
        storied.command("1.2~busy", "terminate")


class TestStatuses:
    def test_the_archive_answers_what_it_has(self, storied):
        response = storied.status("1.0~old-0", showInput="false", showHistory="true", showHistoryOutput="true")
        assert (response.status_code, response.headers["X-Durable-Router-Source"]) == (200, "archive")
        assert (response.json()["input"], response.json()["output"]["input"]) == (None, {"old": 0})
        assert "historyEvents" not in response.json()
        assert storied.status("1.0~old-0").json()["input"] == {"old": 0}

    def test_a_history_has_outputs_when_they_are_asked_for(self, storied):
        storied.finished(storied.start("echo", 1, key="told").json()["id"])
        bare = storied.status("1.2~told", showHistory="true").json()["historyEvents"]
        full = storied.status("1.2~told", showHistory="True", showHistoryOutput="True").json()["historyEvents"]
        assert [event["EventType"] for event in bare] == ["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"]
        assert "Result" not in bare[1]
        assert full[1]["Result"] == "1.2.0"

    @pytest.mark.parametrize(
        "body",
        [
            "null",
            "12345678901234567890123456789",
            '"\\ud83d\\ude00 \u00fc"',
            '[1, {"a": null}]',
            '"5"',
            "1e-7",
        ],
    )
    def test_any_json_arrives_and_comes_back_also_by_restart(self, storied, body):
        started = storied.call("client", "POST", "/orchestrations/echo", content=body)
        first = storied.finished(started.json()["id"])["output"]
        assert first["input"] == json.loads(body)
        restarted = storied.command(started.json()["id"], "restart")
        assert storied.finished(restarted.json()["id"])["output"] == first

    def test_a_restart_may_keep_its_id_whatever_the_spelling_of_false(self, storied):
        storied.finished(storied.start("echo", 1, key="same").json()["id"])
        answer = storied.command("1.2~same", "restart", params={"restartWithNewInstanceId": "False"})
        assert answer.json()["id"] == "1.2~same"


@pytest.fixture(scope="module")
def paged(open_router):
    """A line that is retired by hand while a query is under way; what the query's first page was."""
    router = open_router("byhand")
    router.deploy("1.0.0", zip_version("1.0.0"))
    router.call("admin", "PUT", "/policy", json={"keep_last": 5})
    current = router.call("admin", "POST", "/lines/1.0/retire")
    assert (current.status_code, problem_of(current)) == (409, "not-allowed")
    for number in range(3):
        router.finished(router.start("echo", number, key=f"p{number}").json()["id"])
    first = router.call("client", "GET", "/instances", params={"top": "2"})
    router.deploy("1.1.0", zip_version("1.1.0"))
    assert router.call("admin", "POST", "/lines/1.0/retire").status_code == 200
    router.await_line("1.0", "retired")
    return router, first


class TestRetirementByHand:
    def test_a_query_that_was_under_way_leaves_none_out(self, paged):
        router, page = paged
        seen = ids(page.json())
        while token := page.headers[TOKEN]:
            page = router.call("client", "GET", "/instances", params={"top": "2"}, headers={TOKEN: token})
            seen += ids(page.json())
        assert set(seen) == {"1.0~p0", "1.0~p1", "1.0~p2"}

    def test_it_can_be_asked_for_again(self, paged):
        router, _ = paged
        generation = router.generation()
        again = router.call("admin", "POST", "/lines/1.0/retire")
        assert (again.status_code, again.json()["status"]) == (200, "retired")
        stale = router.call("admin", "POST", "/lines/1.0/retire", headers={"If-Match": '"1"'})
        assert (stale.status_code, problem_of(stale)) == (412, "stale")
        assert router.generation() == generation
        unknown = router.call("admin", "POST", "/lines/7.7/retire")
        assert (unknown.status_code, problem_of(unknown)) == (404, "unknown-line")

    def test_a_start_is_waited_for_not_an_archived_one_of_its_id(self, paged):
        # Last of this class: afterwards the line lives again.
        router, _ = paged
        params = {"timeout": "25", "pollingInterval": "0.2"}
        response = router.start("echo", "second", key="p0", version="1.0", params=params)
        assert (response.status_code, response.json()["input"]) == (200, "second")


def _pairs(params):
    return params.items() if isinstance(params, dict) else params
