"""Clients, releases and admins against a whole router: real processes, real HTTP, a real SQLite task hub."""

import json
import sqlite3
from contextlib import closing

import pytest
from router_driver import problem_of
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def orders(open_router):
    router = open_router("orders")
    router.deploy("1.0.0", zip_version("1.0.0"))
    # The tests count on the lines that they make.
    router.call("admin", "PUT", "/policy", json={"keep_last": 10})
    return router


@pytest.fixture(scope="module")
def steered(open_router):
    router = open_router("steered")
    router.call("admin", "PUT", "/policy", json={"keep_last": 10})
    for version in ("1.0.0", "1.1.0"):
        router.deploy(version, zip_version(version))
    router.call("admin", "PUT", "/policy", json={"keep_last": 10})
    return router


@pytest.fixture(scope="module")
def aged(open_router):
    """An application whose line 1.0 is retired, with an instance that ended in it."""
    router = open_router("aged")
    router.deploy("1.0.0", zip_version("1.0.0"))
    started = router.start("echo", {"kept": True}, key="old")
    assert started.status_code == 202, started.text
    router.finished("1.0~old")
    router.deploy("1.1.0", zip_version("1.1.0"))
    router.await_line("1.0", "retired")
    return router


def assert_hides_its_apps(router, response):
    """No key stands in the answer; hosts: test_router_hides_backends.py."""
    shown = response.text + json.dumps(dict(response.headers))
    for word in ("code=", "taskHub=", "connection=", *router.keys.values()):
        assert word not in shown


def count_orchestrations(hub):
    """How many orchestrations the router's own task hub knows."""
    with closing(sqlite3.connect(f"file:{hub}?mode=ro", uri=True)) as store:
        return store.execute("SELECT count(*) FROM instances").fetchone()[0]


class TestStarts:
    def test_a_start_answers_as_durable_does_with_the_routers_own_urls(self, orders):
        response = orders.start("await_event", {"a": 1}, key="check")
        assert response.status_code == 202
        base = f"{orders.url}/api/orders/instances/1.0~check"
        assert response.json() == {
            "id": "1.0~check",
            "statusQueryGetUri": base,
            "sendEventPostUri": f"{base}/raiseEvent/{{eventName}}",
            "terminatePostUri": f"{base}/terminate?reason={{text}}",
            "rewindPostUri": f"{base}/rewind?reason={{text}}",
            "purgeHistoryDeleteUri": base,
            "restartPostUri": f"{base}/restart",
            "suspendPostUri": f"{base}/suspend?reason={{text}}",
            "resumePostUri": f"{base}/resume?reason={{text}}",
        }
        assert response.headers["Location"] == base
        assert int(response.headers["Retry-After"]) > 0
        assert response.headers["X-Durable-Router-Route"] == "line=1.0; reason=the current line"
        assert_hides_its_apps(orders, response)
        status = orders.status("1.0~check")
        assert (status.status_code, status.headers["Location"]) == (202, base)
        assert_hides_its_apps(orders, status)
        orders.command("1.0~check", "terminate", params={"reason": "enough"})
        assert orders.finished("1.0~check")["output"] == "enough"

    @pytest.mark.parametrize(
        "value",
        [
            pytest.param({"a": [1, {"b": None}], "ü": "\U0001f600"}, id="object"),
            pytest.param([1, "two", None], id="array"),
            pytest.param("text", id="string"),
            pytest.param('{"looks": "like JSON"}', id="string of JSON"),
            pytest.param(5, id="number"),
            pytest.param(-2.5, id="float"),
            pytest.param(True, id="true"),
            pytest.param(False, id="false"),
            pytest.param(0, id="zero"),
            pytest.param("", id="empty string"),
            pytest.param([], id="empty array"),
            pytest.param({}, id="empty object"),
            pytest.param(None, id="null"),
        ],
    )
    def test_the_app_gets_what_the_client_posted(self, orders, value):
        started = orders.call("client", "POST", "/orchestrations/echo", content=json.dumps(value))
        output = orders.finished(started.json()["id"])["output"]
        assert (output["input"], output["type"]) == (value, type(value).__name__)

    def test_an_empty_body_is_no_input(self, orders):
        started = orders.call("client", "POST", "/orchestrations/echo")
        assert orders.finished(started.json()["id"])["output"]["input"] is None

    @pytest.mark.parametrize(
        ("path", "sent"),
        [
            ("/orchestrations/echo", {"params": {"version": "1.0"}}),
            ("/orchestrations/echo", {"params": {"version": "v1.0.7"}}),
            ("/orchestrations/echo", {"params": {"version": "latest"}}),
            ("/orchestrations/echo", {"params": {"version": "~=1.0"}}),
            ("/orchestrations/echo", {"headers": {"X-Version": "1"}}),
            ("/v/1.0/orchestrations/echo", {}),
            ("/v/1.0/runtime/webhooks/durabletask/orchestrators/echo", {}),
            ("/orchestrations/ECHO", {}),
        ],
    )
    def test_a_version_can_be_named_in_many_ways(self, orders, path, sent):
        started = orders.call("client", "POST", path, **sent)
        assert started.status_code == 202, started.text
        assert started.json()["id"].startswith("1.0~")

    def test_a_start_with_the_id_of_an_unfinished_instance_is_refused(self, orders):
        assert orders.start("await_event", key="twice").status_code == 202
        response = orders.start("await_event", key="twice")
        assert (response.status_code, problem_of(response)) == (409, "instance-exists")
        orders.command("1.0~twice", "terminate")

    def test_an_idempotency_key_makes_a_start_repeatable(self, orders):
        first, second, other = (
            orders.start("echo", 1, headers={"Idempotency-Key": key}) for key in ("order-1", "order-1", "order-2")
        )
        assert [first.status_code, second.status_code, other.status_code] == [202, 202, 202]
        assert first.json()["id"] == second.json()["id"] != other.json()["id"]
        finished = orders.finished(first.json()["id"])
        # Also after its end: a repeat must not run it again.
        assert orders.start("echo", 1, headers={"Idempotency-Key": "order-1"}).status_code == 202
        assert orders.status(first.json()["id"]).json()["createdTime"] == finished["createdTime"]

    def test_an_id_that_needs_quoting_works_everywhere(self, orders):
        key = "a:b@c+d,e=f._-"
        started = orders.start("await_event", key=key)
        assert started.json()["id"] == f"1.0~{key}"
        url = started.json()["statusQueryGetUri"]
        assert orders.http.get(url, headers={"x-functions-key": orders.keys["client"]}).status_code == 202
        orders.command(f"1.0~{key}", "raiseEvent/go", json=1)
        assert orders.finished(f"1.0~{key}")["runtimeStatus"] == "Completed"


class TestFollowUps:
    def test_an_event_reaches_its_instance_as_it_was_sent(self, orders):
        instance = orders.start("await_event").json()["id"]
        orders.await_custom_status(instance, "waiting")
        response = orders.command(instance, "raiseEvent/go", json={"paid": 3})
        assert (response.status_code, response.content) == (202, b"")
        assert orders.finished(instance)["output"]["event"] == {"paid": 3}
        late = orders.command(instance, "raiseEvent/go", json={})
        assert (late.status_code, problem_of(late)) == (410, "gone")

    def test_a_suspended_instance_waits_until_it_is_resumed(self, orders):
        instance = orders.start("await_event").json()["id"]
        orders.await_custom_status(instance, "waiting")
        assert orders.command(instance, "suspend", params={"reason": "hold"}).status_code == 202
        orders.await_json(
            lambda: orders.status(instance), lambda s: s["runtimeStatus"] == "Suspended", what="it to be suspended"
        )
        orders.command(instance, "raiseEvent/go", json=1)
        assert orders.command(instance, "resume").status_code == 202
        assert orders.finished(instance)["runtimeStatus"] == "Completed"

    def test_a_restart_gets_an_id_that_can_be_followed(self, orders):
        first = orders.start("echo", [1, 2]).json()["id"]
        orders.finished(first)
        response = orders.command(first, "restart")
        assert response.status_code == 202
        second = response.json()["id"]
        assert second.startswith("1.0~")
        assert second != first
        assert orders.finished(second)["output"]["input"] == [1, 2]
        assert_hides_its_apps(orders, response)

    def test_a_restart_may_keep_its_id(self, orders):
        first = orders.start("echo", {"x": 1}).json()["id"]
        orders.finished(first)
        response = orders.command(first, "restart", params={"restartWithNewInstanceId": "false"})
        assert (response.status_code, response.json()["id"]) == (202, first)
        assert orders.finished(first)["output"]["input"] == {"x": 1}

    def test_a_failed_instance_can_be_rewound(self, orders):
        instance = orders.start("fail").json()["id"]
        assert orders.finished(instance)["runtimeStatus"] == "Failed"
        assert orders.command(instance, "rewind", params={"reason": "again"}).status_code == 202
        assert orders.finished(instance)["runtimeStatus"] == "Failed"

    def test_a_purged_instance_is_gone(self, orders):
        instance = orders.start("echo").json()["id"]
        orders.finished(instance)
        response = orders.call("client", "DELETE", f"/instances/{instance}")
        assert (response.status_code, response.json()) == (200, {"instancesDeleted": 1})
        assert problem_of(orders.status(instance)) == "unknown-instance"

    def test_a_status_shows_what_is_asked_for(self, orders):
        instance = orders.start("echo", {"x": 1}).json()["id"]
        orders.finished(instance)
        assert "historyEvents" not in orders.status(instance).json()
        shown = orders.status(instance, showHistory="true", showInput="false").json()
        assert shown["historyEvents"]
        assert shown["input"] is None

    def test_a_failure_can_be_asked_for_as_an_error(self, orders):
        instance = orders.start("fail").json()["id"]
        orders.finished(instance)
        assert orders.status(instance).status_code == 200
        assert orders.status(instance, returnInternalServerErrorOnFailure="true").status_code == 500

    def test_the_query_pages_through_all_instances(self, orders):
        started = {orders.start("echo", n, key=f"page-{n}").json()["id"] for n in range(5)}
        for instance in started:
            orders.finished(instance)
        seen, token = set(), None
        for _ in range(50):
            headers = {"x-ms-continuation-token": token} if token else {}
            query = {"top": "2", "instanceIdPrefix": "1.0~page-"}
            page = orders.call("client", "GET", "/instances", params=query, headers=headers)
            seen |= {entry["instanceId"] for entry in page.json()}
            assert {entry["line"] for entry in page.json()} <= {"1.0"}
            token = page.headers["x-ms-continuation-token"]
            if not token:
                break
        assert seen == started


class TestPassThrough:
    def test_a_request_reaches_the_apps_own_trigger(self, orders):
        response = orders.call("client", "POST", "/v/1.0/http/about/a%20b", content=b"hi", params={"q": "1"})
        assert response.status_code == 200
        seen = response.json()
        assert (seen["version"], seen["body"], seen["query"].get("q")) == ("1.0.0", "hi", "1")
        assert orders.keys["client"] not in response.text
        assert (response.headers["x-own"], response.headers["etag"]) == ("1", "7")

    def test_an_entity_is_reached_through_its_line(self, orders):
        path = "/v/1.0/entities/counter/clicks"
        assert orders.call("client", "GET", path).status_code == 404
        assert orders.call("client", "POST", path, params={"op": "add"}, json="5").status_code == 202
        seen = orders.await_json(
            lambda: orders.call("client", "GET", path), lambda state: state == 5, what="the count to be five"
        )
        assert seen == 5

    def test_what_an_app_says_of_itself_becomes_the_routers(self, orders):
        response = orders.call("client", "POST", "/v/1.0/http/own-start")
        assert response.status_code == 202, response.text
        url = response.json()["statusQueryGetUri"]
        assert url == f"{orders.url}/api/orders/v/1.0/runtime/webhooks/durabletask/instances/own-start"
        assert_hides_its_apps(orders, response)


class TestReleases:
    def test_a_release_shows_its_steps(self, orders):
        release = orders.call("release", "GET", "/releases/1.0.0").json()
        assert release["status"] == "active"
        assert release["operation"]["status"] == "Completed"
        assert release["conditions"]
        assert "1.0.0" in [one["version"] for one in orders.call("release", "GET", "/releases").json()["releases"]]

    def test_a_patch_goes_to_the_same_app_under_a_running_instance(self, orders):
        app = orders.line("1.0")["app"]["name"]
        instance = orders.start("await_event").json()["id"]
        orders.await_custom_status(instance, "waiting")
        orders.deploy("1.0.1", zip_version("1.0.1"))
        assert orders.line("1.0")["app"]["name"] == app
        orders.command(instance, "raiseEvent/go", json=1)
        assert orders.finished(instance)["output"] == {"version": "1.0.1", "event": 1}

    def test_a_start_may_wait_for_an_app_that_is_not_there_yet(self, orders):
        registered = orders.release("0.7.0", zip_version("0.7.0"), params={"deploy": "on-demand"})
        assert (registered.status_code, registered.json()["status"]) == (201, "registered")
        response = orders.start("echo", [7], key="patience", version="0.7")
        assert (response.status_code, response.json()["id"]) == (202, "0.7~patience")
        waiting = orders.status("0.7~patience")
        assert (waiting.status_code, waiting.json()["runtimeStatus"]) == (202, "Pending")
        assert waiting.json()["customStatus"]["waitingFor"]
        early = orders.command("0.7~patience", "terminate")
        assert (early.status_code, problem_of(early)) == (409, "instance-waiting")
        again = orders.start("echo", [7], key="patience", version="0.7")
        assert (again.status_code, problem_of(again)) == (409, "instance-exists")
        finished = orders.finished("0.7~patience", seconds=60)
        assert (finished["output"]["version"], finished["output"]["input"]) == ("0.7.0", [7])

    def test_what_looks_like_an_sdk_object_survives_the_wait(self, orders):
        value = {"__class__": "Path", "__module__": "pathlib", "__data__": "x"}
        orders.release("0.8.0", zip_version("0.8.0"), params={"deploy": "on-demand"})
        instance = orders.start("echo", value, version="0.8").json()["id"]
        # The app's own SDK refuses it, as it would without a router; the router must deliver it all the same.
        finished = orders.finished(instance, seconds=60)
        assert finished["input"] == value

    def test_a_key_finds_its_instance_across_a_promotion(self, orders):
        first = orders.start("await_event", headers={"Idempotency-Key": "across"}).json()["id"]
        orders.deploy("1.1.0", zip_version("1.1.0"))
        orders.call("admin", "POST", "/lines/1.1/promote")
        assert orders.routes()["current"] == "1.1"
        assert orders.start("await_event").json()["id"].startswith("1.1~")
        again = orders.start("await_event", headers={"Idempotency-Key": "across"})
        assert (again.status_code, again.json()["id"]) == (202, first)
        assert first.startswith("1.0~")

    def test_a_forwarded_start_adds_nothing_durable_to_the_router(self, orders, stack):
        hub = next(stack.state_dir.glob("azure/sites/durable-router/**/durable.db"))
        before = count_orchestrations(hub)
        for number in range(20):
            assert orders.start("echo", number).status_code == 202
        assert count_orchestrations(hub) == before

    def test_the_status_check_tells_that_something_runs(self, orders):
        instance = orders.start("await_event").json()["id"]
        orders.await_custom_status(instance, "waiting")
        assert orders.call("release", "GET", "/status-check").json()["hasRunning"] is True


class TestSteering:
    def test_a_rollback_goes_back_once(self, steered):
        assert steered.routes()["current"] == "1.1"
        response = steered.call("admin", "POST", "/rollback")
        assert (response.status_code, response.json()["line"]) == (200, "1.0")
        assert steered.start("echo").json()["id"].startswith("1.0~")
        steered.call("admin", "POST", "/lines/1.1/promote")
        assert steered.start("echo").json()["id"].startswith("1.1~")

    def test_a_change_based_on_the_present_table_is_made(self, steered):
        generation = steered.routes()["generation"]
        headers = {"If-Match": f'"{generation}"'}
        response = steered.call("admin", "POST", "/lines/1.0/keep", json={"reason": "audit"}, headers=headers)
        assert response.status_code == 200, response.text
        assert steered.line("1.0")["keep"] == "audit"
        assert steered.call("admin", "DELETE", "/lines/1.0/keep").status_code == 200
        assert steered.line("1.0")["keep"] is None

    def test_a_policy_keeps_the_fields_that_are_not_named(self, steered):
        response = steered.call("admin", "PUT", "/policy", json={"sunset_delay": 60})
        assert response.status_code == 200, response.text
        assert (response.json()["policy"]["sunset_delay"], response.json()["policy"]["keep_last"]) == (60, 10)
        steered.call("admin", "PUT", "/policy", json={"sunset_delay": 0})

    def test_a_ramp_sends_a_share_to_a_newer_line(self, steered):
        steered.call("admin", "POST", "/lines/1.0/promote")
        assert steered.call("admin", "POST", "/lines/1.1/ramp", json={"percent": 50}).status_code == 200
        lines = {steered.start("echo").json()["id"].partition("~")[0] for _ in range(30)}
        assert lines == {"1.0", "1.1"}
        assert steered.call("admin", "POST", "/lines/1.1/ramp", json={"percent": 0}).status_code == 200
        assert steered.start("echo").json()["id"].startswith("1.0~")
        steered.call("admin", "POST", "/lines/1.1/promote")

    def test_the_log_tells_what_changed(self, steered):
        log = steered.call("admin", "GET", "/log").text
        assert "promote" in log
        assert "1.1" in log

    def test_all_applications_are_shown_together(self, steered):
        response = steered.http.get(f"{steered.url}/api/routes", headers={"x-functions-key": steered.keys["admin"]})
        assert "steered" in [table["application"] for table in response.json()["applications"]]


class TestRetirement:
    def test_a_retired_line_has_a_receipt(self, aged):
        receipt = aged.line("1.0")["receipt"]
        assert receipt["archived"] >= 1
        assert receipt["deleted"]
        assert all(count["unfinished"] == 0 for count in receipt["counts"])

    def test_the_status_of_an_ended_instance_outlives_its_app(self, aged):
        response = aged.status("1.0~old")
        assert response.status_code == 200
        assert response.json()["output"]["input"] == {"kept": True}

    @pytest.mark.parametrize("verb", ["raiseEvent/go", "terminate", "rewind", "restart"])
    def test_a_command_to_it_is_told_that_it_is_gone(self, aged, verb):
        response = aged.command("1.0~old", verb)
        assert (response.status_code, problem_of(response)) == (410, "gone")

    def test_a_start_that_names_the_retired_line_brings_it_back(self, aged):
        # Last of this class: afterwards the line lives again, as its next generation.
        response = aged.start("echo", "back", key="new", version="1.0")
        assert (response.status_code, response.json()["id"]) == (202, "1.0~new")
        assert aged.finished("1.0~new", seconds=60)["output"]["input"] == "back"
        assert aged.line("1.0")["generation"] == 2
        assert aged.status("1.0~old").json()["output"]["input"] == {"kept": True}
