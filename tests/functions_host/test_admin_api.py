"""The admin API of a running host."""

import pytest

APP = """
import azure.functions as func
app = func.FunctionApp()

@app.route("Orders/{id}", methods=["GET"])
def order(req: func.HttpRequest) -> str:
    return "x"

@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def yearly(timer: func.TimerRequest) -> None:
    pass

@app.route("off")
def off(req: func.HttpRequest) -> str:
    return "x"
"""


@pytest.fixture(scope="module")
def host(module_hosts, write_app):
    settings = {"AzureWebJobs.off.Disabled": "true", "WEBSITE_SITE_NAME": "Orders-1-4"}
    return module_hosts.start(write_app(module_hosts.folder / "app", APP), **settings)


def test_the_status_says_who_runs_and_since_when(host):
    status = host.http.get("/admin/host/status", headers=host.master).json()
    assert (status["id"], status["state"], status["errors"]) == ("orders-1-4", "Running", [])
    assert status["processUptime"] > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/host/status"),
        ("GET", "/admin/functions"),
        ("GET", "/admin/functions/order"),
        ("POST", "/admin/functions/yearly"),
        ("GET", "/admin/functions/order/keys"),
        ("GET", "/admin/host/keys"),
        ("GET", "/admin/host/systemkeys"),
    ],
)
@pytest.mark.parametrize("key", [None, "function"])
def test_nothing_is_open_without_the_master_key(host, method, path, key):
    headers = {"x-functions-key": host.secrets["functionKeys"]["default"]} if key else {}
    answer = host.http.request(method, path, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")


def test_the_ping_and_the_landing_page_are_open(host):
    assert host.http.get("/admin/host/ping").status_code == 200
    assert host.http.post("/admin/host/ping").status_code == 200
    assert "text/html" in host.http.get("/").headers["content-type"]


def test_functions_are_listed_with_bindings_and_url(host):
    functions = {f["name"]: f for f in host.http.get("/admin/functions", headers=host.master).json()}
    assert set(functions) == {"order", "yearly", "off"}
    assert functions["order"]["invoke_url_template"] == f"{host.url}/api/orders/{{id}}"
    assert functions["order"]["language"] == "python"
    trigger = functions["order"]["config"]["bindings"][0]
    assert {
        "type": "httpTrigger",
        "direction": "IN",
        "route": "Orders/{id}",
        "methods": ["GET"],
    }.items() <= trigger.items()
    assert functions["yearly"]["invoke_url_template"] is None
    assert {name: f["isDisabled"] for name, f in functions.items()} == {"order": False, "yearly": False, "off": True}


def test_one_function_is_shown_whatever_its_case(host):
    assert host.http.get("/admin/functions/ORDER", headers=host.master).json()["name"] == "order"
    assert host.http.get("/admin/functions/none", headers=host.master).status_code == 404


def test_a_disabled_function_is_not_served(host):
    assert host.http.get("/api/off", headers=host.master).status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [("none", "{}", 404), ("order", "{}", 400), ("yearly", "not json", 400), ("yearly", "[]", 400)],
)
def test_only_a_timer_can_be_run_by_hand(host, name, body, status):
    assert host.http.post(f"/admin/functions/{name}", content=body, headers=host.master).status_code == status


def test_the_keys_are_listed(host):
    keys = {"keys": [{"name": "default", "value": host.secrets["functionKeys"]["default"]}], "links": []}
    for path in ("/admin/host/keys", "/admin/functions/order/keys"):
        assert host.http.get(path, headers=host.master).json() == keys
    assert host.http.get("/admin/functions/none/keys", headers=host.master).status_code == 404
    assert host.http.get("/admin/host/systemkeys", headers=host.master).json()["keys"] == []
