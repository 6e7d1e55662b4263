"""`…/hostruntime/…`: what a site's host tells, asked for through Resource Manager with a token in place of a key."""

import httpx
import pytest

HOST_JSON = '{"version": "2.0", "extensions": {"durableTask": {"hubName": "TestHub"}}}'
APP = """
import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="start", auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client) -> func.HttpResponse:
    return func.HttpResponse(await client.start_new("wait", req.params["id"]))


@app.orchestration_trigger(context_name="context")
def wait(context):
    yield context.wait_for_external_event("go")
"""


@pytest.fixture
def site(tmp_path, control_plane_process, azure_of):
    """A durable app on the real host, and a client of Resource Manager."""
    plane = control_plane_process(tmp_path / "state").start()
    azure = azure_of(plane)
    site = azure.make_site("orders")
    deployed = azure.publish(site, {"function_app.py": APP, "host.json": HOST_JSON})
    assert deployed["status"] == 4, deployed
    with plane.http() as http:
        yield azure, site, lambda path, **query: http.get(f"{site.id}/hostruntime/{path}", params=query)
    plane.stop()


def test_the_hosts_status_functions_and_durable_instances_are_told_without_a_key(site):
    _, orders, ask = site
    for instance in ("one", "two"):
        started = httpx.get(f"http://{orders.default_host_name}/api/start", params={"id": instance}, timeout=30)
        assert started.status_code == 200, started.text

    assert ask("admin/host/status").json()["state"] == "Running"
    assert {one["name"] for one in ask("admin/functions").json()} == {"start", "wait"}
    instances = ask("runtime/webhooks/durabletask/instances").json()
    assert sorted(one["instanceId"] for one in instances) == ["one", "two"]
    one = ask("runtime/webhooks/durabletask/instances/one", showInput="false").json()
    assert (one["name"], one["input"]) == ("wait", None)
    first = ask("runtime/webhooks/durabletask/instances", top="1")
    assert len(first.json()) == 1


def test_what_is_not_the_hosts_own_is_not_passed_on(site):
    _, _, ask = site
    for path in ("api/start", "admin/no-such-thing", "runtime/webhooks/durabletask/instances/none"):
        answer = ask(path, id="x")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NotFound"), path


def test_a_host_that_does_not_run_is_503(site):
    azure, _, ask = site
    azure.web.web_apps.stop("versions", "orders")
    answer = ask("admin/host/status")
    assert (answer.status_code, answer.json()["Code"]) == (503, "ServiceUnavailable")
    azure.web.web_apps.start("versions", "orders")
    assert ask("admin/host/status").json()["state"] == "Running"


def test_it_wants_a_token(site):
    _, _, ask = site
    url = str(ask("admin/host/status").request.url)
    assert httpx.get(url).status_code == 401
