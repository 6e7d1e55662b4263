"""Ids that a caller gives, where the router puts them into URLs and headers of its own."""

import httpx
import pytest
from router_driver import RouterDriver, problem_of
from version_package import zip_version

pytestmark = pytest.mark.e2e

OWN_IDS = """

@app.route(route="start-as", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start_as(req: func.HttpRequest, client) -> func.HttpResponse:
    return func.HttpResponse(await client.start_new("echo", req.params["id"]))
"""


@pytest.fixture(scope="module")
def orders(open_router) -> RouterDriver:
    made = open_router("own-ids")
    made.deploy("1.0.0", zip_version("1.0.0", more=OWN_IDS))
    return made


@pytest.fixture(scope="module")
def others_operation(open_router) -> str:
    other = open_router("other-ids")
    other.deploy("1.0.0", zip_version("1.0.0"))
    found = other.call("release", "GET", "/releases/1.0.0").json()["operation"]["id"]
    assert found.startswith("deploy~other-ids~1.0.0~")
    return str(found)


@pytest.mark.parametrize(
    "way", ["/../{}", "/../../instances/{}", "?x=/../{}", "%2F..%2F{}", "\\..\\{}", "#{}", "\n", "", "~{}"]
)
def test_the_operation_of_a_release_is_no_way_to_another_applications(orders, others_operation, way):
    asked = {"operation": "deploy~own-ids~1.0.0~" + way.format(others_operation)}
    response = orders.call("release", "GET", "/releases/1.0.0", params=asked)
    assert (response.status_code, problem_of(response)) == (400, "invalid-parameter"), response.text
    assert "other-ids" not in response.json().get("operation", "")


def test_an_id_of_an_apps_own_in_another_script_can_be_restarted(orders):
    assert orders.call("client", "POST", "/v/1.0/http/start-as", params={"id": "caf\u00e9\u2713"}).status_code == 200
    path = "/v/1.0/runtime/webhooks/durabletask/instances/caf\u00e9\u2713"
    orders.await_json(
        lambda: orders.call("client", "GET", path),
        lambda status: status["runtimeStatus"] == "Completed",
        what="the app's own instance to end",
    )
    restarted: httpx.Response = orders.call("client", "POST", f"{path}/restart")
    assert restarted.status_code == 202, restarted.text
    # Hosts differ in what they do with other characters in a header; some answer 500 after the start.
    assert all(value.isascii() for _, value in restarted.headers.raw)


def test_a_restart_under_the_same_id_of_what_is_unknown_is_unknown(orders):
    for wanted in ("true", "false"):
        path = f"/instances/1.0~never-was/restart?restartWithNewInstanceId={wanted}"
        response = orders.call("client", "POST", path)
        assert (response.status_code, problem_of(response)) == (404, "unknown-instance"), wanted


def test_a_restart_under_the_same_id_of_what_was_purged_is_unknown(orders):
    assert orders.start("echo", key="purged").status_code == 202
    orders.finished("1.0~purged")
    assert orders.call("client", "DELETE", "/instances/1.0~purged").status_code == 200
    response = orders.command("1.0~purged", "restart?restartWithNewInstanceId=false")
    assert (response.status_code, problem_of(response)) == (404, "unknown-instance")
