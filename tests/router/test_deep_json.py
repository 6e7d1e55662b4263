"""JSON that nests deeply: what a client may send can be read again wherever it comes back."""

import pytest
from router_driver import problem_of
from version_package import zip_version

from provisioning import AppAnswer
from router_app.http.app_answers import read_json
from router_app.http.hiding import Hidden
from router_app.inputs import DEEPEST

HIDDEN = Hidden("app.test", ("secret-key",), "https://router.example/api/orders", "1.0")


def nested(levels):
    # The escape is what has the router look into the body for what is to be hidden.
    return b"[" * levels + b'"\\u0001"' + b"]" * levels


def test_an_apps_answer_that_is_too_deep_to_be_read_is_none():
    assert read_json(AppAnswer(200, {}, nested(100_000)), HIDDEN) is None


@pytest.fixture(scope="module")
def router(open_router):
    made = open_router("deep")
    made.deploy("1.0.0", zip_version("1.0.0"))
    return made


@pytest.mark.e2e
def test_no_client_can_start_what_spoils_the_list_of_all_instances(router):
    headers = {"content-type": "application/json"}
    deepest = router.call("client", "POST", "/orchestrations/echo/a", content=nested(DEEPEST), headers=headers)
    assert deepest.status_code == 202, deepest.text
    for levels in (DEEPEST + 1, 600, 900):
        path = f"/orchestrations/echo/b-{levels}"
        refused = router.call("client", "POST", path, content=nested(levels), headers=headers)
        assert (refused.status_code, problem_of(refused)) == (400, "invalid-body")
    assert router.finished("1.0~a")["runtimeStatus"] == "Completed"
    listed = router.call("client", "GET", "/instances", params={"showInput": "true"})
    assert (listed.status_code, [one["instanceId"] for one in listed.json()]) == (200, ["1.0~a"])


@pytest.mark.e2e
def test_an_event_is_bounded_as_an_input_is(router):
    assert router.start("await_event", key="waits").status_code == 202
    headers = {"content-type": "application/json"}
    path = "/instances/1.0~waits/raiseEvent/go"
    refused = router.call("client", "POST", path, content=nested(DEEPEST + 1), headers=headers)
    assert (refused.status_code, problem_of(refused)) == (400, "invalid-body")
    assert router.call("client", "POST", path, content=nested(DEEPEST), headers=headers).status_code == 202
    assert router.finished("1.0~waits")["runtimeStatus"] == "Completed"
