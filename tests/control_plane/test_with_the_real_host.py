"""The control plane with the real Functions host: an app with durable functions from package to answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

HOST_JSON = '{"version": "2.0", "extensions": {"durableTask": {"hubName": "TestHub"}}}'

APP = """
import json, os, sys
from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="about", auth_level=func.AuthLevel.ANONYMOUS)
def about(req: func.HttpRequest) -> func.HttpResponse:
    told = {"pid": os.getpid(), "environment": dict(os.environ), "version": "VERSION", "path": sys.path}
    return func.HttpResponse(json.dumps(told), mimetype="application/json")


@app.route(route="orchestrators/{name}")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client) -> func.HttpResponse:
    instance = await client.start_new(req.route_params["name"], client_input=req.get_json())
    return client.create_check_status_response(req, instance)


@app.orchestration_trigger(context_name="context")
def greet(context):
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=context.get_input()["seconds"]))
    return (yield context.call_activity("say", "VERSION"))


@app.activity_trigger(input_name="name")
def say(name: str) -> str:
    return f"hello from {name}"
"""


def package(version: str) -> dict[str, str]:
    requirements = "azure-functions\nazure-functions-durable>=1.7\n"
    return {
        "function_app.py": APP.replace("VERSION", version),
        "host.json": HOST_JSON,
        "requirements.txt": requirements,
    }


@pytest.fixture
def plane(tmp_path, control_plane_process):
    plane = control_plane_process(tmp_path / "state").start()
    yield plane
    plane.stop()


@pytest.fixture
def azure(plane, azure_of):
    return azure_of(plane)


def status_of(site, keys) -> dict:
    headers = {"x-functions-key": keys.master_key}
    return httpx.get(f"http://{site.default_host_name}/admin/host/status", headers=headers, timeout=30).json()


def about(site) -> dict:
    return httpx.get(f"http://{site.default_host_name}/api/about", timeout=30).raise_for_status().json()


def test_a_durable_app_is_provisioned_deployed_and_gated_as_in_azure(azure, plane, until):
    site = azure.make_site("orders", {"GREETING": "hello"})
    done = azure.publish(site, package("one"))
    assert done["status"] == 4, done
    keys = until(lambda: (k := azure.web.web_apps.list_host_keys("versions", "orders")).system_keys and k, 30)
    assert status_of(site, keys)["state"] == "Running"
    functions = {function.name for function in azure.web.web_apps.list_functions("versions", "orders")}
    assert functions == {f"orders/{name}" for name in ("about", "start", "greet", "say")}
    environment = about(site)["environment"]
    assert environment["GREETING"] == "hello"
    assert environment["WEBSITE_HOSTNAME"] == site.default_host_name
    assert {"A_SECRET_OF_THE_OPERATOR", "PYTHONPATH"}.isdisjoint(environment)


def test_an_orchestration_survives_kill_of_the_control_plane_and_a_second_package(azure, plane, until):
    site = azure.make_site("orders")
    azure.publish(site, package("one"))
    keys = until(lambda: (k := azure.web.web_apps.list_host_keys("versions", "orders")).system_keys and k, 30)
    url = f"http://{site.default_host_name}/api/orchestrators/greet?code={keys.function_keys['default']}"
    started = httpx.post(url, json={"seconds": 3}, timeout=30)
    assert started.status_code == 202
    plane.kill()
    plane.start()
    azure.publish(site, package("two"))
    assert about(site)["version"] == "two"
    query = started.json()["statusQueryGetUri"]
    finished = until(
        lambda: (s := httpx.get(query, timeout=30).json())["runtimeStatus"] == "Completed" and s, 30, plane.log
    )
    assert finished["output"] == "hello from two"


def test_a_site_gets_tokens_for_its_identity_from_inside(azure, plane):
    site = azure.make_site("orders")
    azure.publish(site, package("one"))
    environment = about(site)["environment"]
    answer = httpx.get(
        environment["IDENTITY_ENDPOINT"],
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": environment["IDENTITY_HEADER"]},
    )
    token = answer.json()["access_token"]
    own = httpx.get(
        plane.bootstrap["baseUrl"] + site.id,
        params={"api-version": "2025-05-01"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert own.json()["name"] == "orders"


def test_an_app_that_cannot_be_imported_is_deployed_and_says_why(azure, until):
    site = azure.make_site("orders")
    files = package("one") | {"function_app.py": "import nothing_of_that_name\n"}
    assert azure.publish(site, files)["status"] == 4
    keys = azure.web.web_apps.list_host_keys("versions", "orders")
    status = status_of(site, keys)
    assert status["state"] == "Error"
    assert "nothing_of_that_name" in str(status["errors"])


def test_clients_of_a_site_notice_nothing_of_its_restarts_but_a_pause(azure, plane):
    site = azure.make_site("orders")
    azure.publish(site, package("one"))
    over, pids = threading.Event(), [about(site)["pid"]]

    def ask_again_and_again(*, keeps_connection: bool) -> int:
        count = 0
        headers = {} if keeps_connection else {"Connection": "close"}
        with httpx.Client(timeout=30, headers=headers) as client:
            while not over.is_set():
                client.get(f"http://{site.default_host_name}/api/about").raise_for_status()
                count += 1
        return count

    with ThreadPoolExecutor() as threads:
        clients = [threads.submit(ask_again_and_again, keeps_connection=number % 2 == 0) for number in range(4)]
        for _ in range(3):
            azure.web.web_apps.restart("versions", "orders")
            pids.append(about(site)["pid"])
        over.set()
    assert len(set(pids)) == 4
    assert min(client.result() for client in clients) > 0
