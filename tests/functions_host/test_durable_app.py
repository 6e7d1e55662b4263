"""A durable app end to end: real host, real workers, over HTTP, with the power cut in between."""

import json
import time
from datetime import datetime
from pathlib import Path

import httpx
import pytest

APP = """
import datetime, os, time
from pathlib import Path
import azure.functions as func
import azure.durable_functions as df

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
RUNS = Path(__file__).with_name("runs.txt")

@app.route("start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    data = req.get_json() if req.get_body() else None
    instance_id = await client.start_new(req.route_params["name"], req.params.get("id"), data)
    return client.create_check_status_response(req, instance_id)

@app.route("raise/{id}/{event}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def raise_event(req: func.HttpRequest, client) -> str:
    await client.raise_event(req.route_params["id"], req.route_params["event"], req.get_json())
    return "raised"

@app.route("counter/{key}")
@app.durable_client_input(client_name="client")
async def read_counter(req: func.HttpRequest, client) -> str:
    state = await client.read_entity_state(df.EntityId("counter", req.route_params["key"]))
    return str(state.entity_state)

@app.route("nap", methods=["POST"])
@app.durable_client_input(client_name="client")
async def run_nap(req: func.HttpRequest, client) -> func.HttpResponse:
    instance_id = await client.start_new("nap", None, 0.2)
    return await client.wait_for_completion_or_create_check_status_response(req, instance_id, 10000, 100)

@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
@app.durable_client_input(client_name="client")
async def keep_singleton(timer: func.TimerRequest, client) -> None:
    if not await client.get_status("singleton"):
        await client.start_new("chain", "singleton", "timer")

@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext):
    greetings = []
    for name in ["a", "b", context.get_input()]:
        greetings.append((yield context.call_activity("greet", name)))
    return greetings

@app.orchestration_trigger(context_name="context")
def approval(context):
    before = yield context.call_activity("note", "before " + context.instance_id)
    context.set_custom_status("waiting")
    answer = yield context.wait_for_external_event("approved")
    after = yield context.call_activity("note", "after " + context.instance_id)
    return [before, answer, after]

@app.orchestration_trigger(context_name="context")
def nap(context):
    due = context.current_utc_datetime + datetime.timedelta(seconds=context.get_input())
    yield context.create_timer(due)
    return "awake"

@app.orchestration_trigger(context_name="context")
def counting(context):
    entity = df.EntityId("counter", "shared")
    for n in range(context.get_input()):
        last = yield context.call_entity(entity, "add", 1)
    return last

@app.orchestration_trigger(context_name="context")
def crashing(context):
    done = yield context.call_activity("crash_once", context.instance_id)
    return done

@app.orchestration_trigger(context_name="context")
def failing(context):
    yield context.call_activity("fail", "x")

@app.orchestration_trigger(context_name="context")
def wide(context):
    answers = yield context.task_all([context.call_activity("work", n) for n in range(context.get_input())])
    return sum(answers)

@app.orchestration_trigger(context_name="context")
def weighing(context):
    weight = yield context.call_activity("weigh", context.get_input())
    return weight

@app.orchestration_trigger(context_name="context")
def versioned(context):
    below = yield context.call_sub_orchestrator("child_version")
    return [context.version, below]

@app.orchestration_trigger(context_name="context")
def child_version(context):
    return context.version

@app.activity_trigger(input_name="name")
def greet(name: str) -> str:
    return f"hello {name}"

@app.activity_trigger(input_name="n")
def work(n: int) -> int:
    time.sleep(0.02)
    return n

@app.activity_trigger(input_name="text")
def weigh(text: str) -> int:
    return len(text)

@app.activity_trigger(input_name="text")
async def note(text: str) -> str:
    with RUNS.open("a") as file:
        file.write(text + "\\n")
    return text

@app.activity_trigger(input_name="key")
def crash_once(key: str) -> str:
    marker = RUNS.with_name(f"crashed-{key}")
    if not marker.exists():
        marker.touch()
        os._exit(1)
    return "survived"

@app.activity_trigger(input_name="x")
def fail(x: str) -> str:
    raise ValueError("activity says no")

@app.entity_trigger(context_name="context")
def counter(context):
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        value += context.get_input()
    context.set_state(value)
    context.set_result(value)
"""


@pytest.fixture(scope="module")
def host(module_hosts, write_app):
    host_json = '{"version": "2.0", "extensions": {"durableTask": {"defaultVersion": "2.0"}}}'
    return module_hosts.start(write_app(module_hosts.folder / "app", APP, host_json=host_json))


def begin(host, name, data=None, **query):
    answer = host.http.post(f"/api/start/{name}", json=data, params=query)
    assert answer.status_code == 202, answer.text
    return answer.json()


def status_of(started):
    return httpx.get(started["statusQueryGetUri"], timeout=10).json()


@pytest.fixture
def finished(eventually):
    def wait(started):
        return eventually(
            lambda: (s := status_of(started))["runtimeStatus"] in ("Completed", "Failed", "Terminated") and s
        )

    return wait


def test_a_chain_of_activities_completes(host, finished):
    status = finished(begin(host, "chain", "ü"))
    assert (status["runtimeStatus"], status["output"]) == ("Completed", ["hello a", "hello b", "hello ü"])
    assert json.loads(status["input"]) == "ü"  # the SDK's client encodes inputs twice


def test_the_check_status_urls_lead_back_to_where_the_request_came_in(host):
    answer = host.http.post("/api/start/nap", json=0, headers={"Host": "orders.example:8443"})
    urls = answer.json()
    assert urls["statusQueryGetUri"].startswith("http://orders.example:8443/runtime/webhooks/durabletask/instances/")
    assert answer.headers["location"] == urls["statusQueryGetUri"]


def test_the_durable_api_needs_the_extensions_key_or_the_master_key(host):
    path = "/runtime/webhooks/durabletask/instances"
    secrets = host.secrets
    keys = {
        None: 401,
        "wrong": 401,
        secrets["functionKeys"]["default"]: 401,
        secrets["systemKeys"]["durabletask_extension"]: 200,
        secrets["masterKey"]: 200,
    }
    for key, status in keys.items():
        assert host.http.get(path, params={"code": key} if key else {}).status_code == status
        assert host.http.get(path, headers={"x-functions-key": key} if key else {}).status_code == status


def test_the_key_of_the_durable_api_is_listed(host):
    (key,) = host.http.get("/admin/host/systemkeys", headers=host.master).json()["keys"]
    assert key == {"name": "durabletask_extension", "value": host.secrets["systemKeys"]["durabletask_extension"]}


def test_the_hosts_own_paths_are_the_same_in_any_case(host, finished):
    key = {"x-functions-key": host.secrets["systemKeys"]["durabletask_extension"]}
    base = "/Runtime/WebHooks/DurableTask"
    answer = host.http.post(f"{base}/Orchestrators/Approval/Any%2DCase", headers=key)
    assert answer.status_code == 202
    assert answer.json()["id"] == "Any-Case"
    assert host.http.post(f"{base}/instances/Any-Case/RAISEEVENT/approved", headers=key, json=1).status_code == 202
    assert finished(answer.json())["output"][0] == "before Any-Case"
    assert host.http.get(f"{base}/instances/any-case", headers=key).status_code == 404  # an id keeps its case
    assert host.http.get(f"{base}/Instances").status_code == 401
    assert host.http.get("/Admin/Host/Status", headers=host.master).json()["state"] == "Running"
    assert host.http.get("/Admin/Host/Status").status_code == 401
    assert host.http.get("/Admin/Nothing", headers=host.master).status_code == 404


def test_the_version_of_a_start_is_the_orchestrations(host, finished):
    key = {"code": host.secrets["systemKeys"]["durabletask_extension"]}
    path = "/runtime/webhooks/durabletask/orchestrators/versioned"
    given = finished(host.http.post(path, params={**key, "version": "3.1"}).json())["output"]
    default = finished(host.http.post(path, params=key).json())["output"]
    assert (given, default) == (["3.1", "2.0"], ["2.0", "2.0"])


def test_an_orchestration_is_started_over_the_durable_api(host, finished):
    key = {"code": host.secrets["systemKeys"]["durabletask_extension"]}
    answer = host.http.post("/runtime/webhooks/durabletask/orchestrators/chain/mine", params=key, json='"x"')
    assert answer.status_code == 202
    assert finished(answer.json())["output"] == ["hello a", "hello b", "hello x"]


def test_an_unknown_orchestrator_is_an_error_of_the_caller(host):
    assert host.http.post("/api/start/nobody").status_code == 500
    host.wait_for_log("nobody")


def test_an_input_of_16_mb_reaches_an_activity(host, finished):
    key = {"code": host.secrets["systemKeys"]["durabletask_extension"]}
    text = json.dumps("x" * (16 << 20))  # what the SDK's client sends is JSON within JSON
    answer = host.http.post("/runtime/webhooks/durabletask/orchestrators/weighing", params=key, json=text)
    assert (
        finished({"statusQueryGetUri": answer.json()["statusQueryGetUri"] + "&showInput=false"})["output"] == 16 << 20
    )


def test_an_event_raised_through_the_client_goes_on(host, finished, eventually):
    started = begin(host, "approval", id="event-1")
    eventually(lambda: status_of(started)["customStatus"] == "waiting")
    assert host.http.post("/api/raise/event-1/approved", json={"by": "me"}).text == "raised"
    output = finished(started)["output"]
    assert (output[0], output[2]) == ("before event-1", "after event-1")


def test_a_function_waits_for_completion_through_the_client(host):
    answer = host.http.post("/api/nap")
    assert (answer.status_code, answer.text) == (200, "awake")


def test_a_timer_takes_its_time(host, finished):
    status = finished(begin(host, "nap", 1.5))
    took = datetime.fromisoformat(status["lastUpdatedTime"]) - datetime.fromisoformat(status["createdTime"])
    assert status["output"] == "awake"
    assert took.total_seconds() >= 1


def test_an_entity_keeps_its_state(host, finished):
    assert finished(begin(host, "counting", 5))["output"] == 5
    assert host.http.get("/api/counter/shared").text == "5"


def test_a_failing_activity_fails_the_orchestration_with_its_words(host, finished):
    status = finished(begin(host, "failing"))
    assert status["runtimeStatus"] == "Failed"
    assert "activity says no" in status["output"]


def test_an_activity_that_kills_its_worker_is_run_again(host, finished):
    # Not through the app: the worker may die with the activity before it has answered for the start.
    key = {"code": host.secrets["systemKeys"]["durabletask_extension"]}
    answer = host.http.post("/runtime/webhooks/durabletask/orchestrators/crashing/crash-1", params=key)
    assert finished(answer.json())["output"] == "survived"


def test_a_timer_trigger_has_a_client_too(host, finished):
    key = host.secrets["systemKeys"]["durabletask_extension"]
    url = f"{host.url}/runtime/webhooks/durabletask/instances/singleton?code={key}"
    host.wait_for_log("Ready")
    end = time.monotonic() + 20
    while httpx.get(url).status_code == 404:
        assert time.monotonic() < end
    assert finished({"statusQueryGetUri": url})["output"][2] == "hello timer"


def test_a_killed_host_goes_on_where_it_was(hosts, write_app, tmp_path, eventually):
    app = write_app(tmp_path / "app", APP)
    first = hosts.start(app)
    waiting = begin(first, "approval", id="killed")
    napping = begin(first, "nap", 1, id="napping")
    wide = begin(first, "wide", 60, id="wide")
    assert first.http.post("/api/start/counting", json=3).status_code == 202
    eventually(lambda: status_of(waiting)["customStatus"] == "waiting")
    first.kill()

    second = hosts.start(app)
    key = second.secrets["systemKeys"]["durabletask_extension"]

    def output(started):
        url = f"{second.url}/runtime/webhooks/durabletask/instances/{started['id']}?code={key}"
        status = httpx.get(url, timeout=10).json()
        return status["output"] if status["runtimeStatus"] == "Completed" else None

    assert second.http.post("/api/raise/killed/approved", json=1).text == "raised"
    assert eventually(lambda: output(waiting))[2] == "after killed"
    assert eventually(lambda: output(napping)) == "awake"
    assert eventually(lambda: output(wide)) == sum(range(60))
    assert eventually(lambda: second.http.get("/api/counter/shared").text) == "3"
    assert Path(app / "runs.txt").read_text().splitlines() == ["before killed", "after killed"]


def test_everything_acknowledged_survives_kills_again_and_again(hosts, write_app, tmp_path, eventually):
    app = write_app(tmp_path / "app", APP)
    started = []
    for round_number in range(3):
        host = hosts.start(app)
        started += [begin(host, "chain", f"{round_number}-{n}")["id"] for n in range(5)]
        host.kill()
    host = hosts.start(app)
    base = f"{host.url}/runtime/webhooks/durabletask/instances"
    query = {"code": host.secrets["systemKeys"]["durabletask_extension"], "runtimeStatus": "Completed"}

    def completed():
        return {status["instanceId"] for status in httpx.get(base, params=query).json()}

    eventually(lambda: set(started) <= completed())
    outputs = [json.dumps(httpx.get(f"{base}/{i}", params=query).json()["output"]) for i in started]
    assert len(set(outputs)) == 15


def test_a_durable_app_may_have_comments_in_its_host_json(hosts, write_app, tmp_path, finished):
    app = write_app(tmp_path / "app", APP, host_json='{"version": "2.0" /* the SDK reads this file too */}')
    assert finished(begin(hosts.start(app), "chain", "c"))["output"] == ["hello a", "hello b", "hello c"]


def test_a_store_that_cannot_be_opened_is_a_state_and_not_a_crash(hosts, write_app, tmp_path):
    app = write_app(tmp_path / "app", APP)
    (app / ".local_azure" / "durable.db").mkdir(parents=True)
    host = hosts.start(app)
    assert host.state == "Error"
    assert (
        "durable store cannot be opened" in host.http.get("/admin/host/status", headers=host.master).json()["errors"][0]
    )
    assert host.http.post("/api/start/chain").status_code == 503


def test_sigterm_leaves_nothing_half_done(hosts, write_app, tmp_path, eventually):
    app = write_app(tmp_path / "app", APP)
    first = hosts.start(app)
    wide = begin(first, "wide", 100, id="wide")
    assert first.terminate() == 0
    second = hosts.start(app)
    url = wide["statusQueryGetUri"].replace(first.url, second.url)
    assert eventually(lambda: httpx.get(url, timeout=10).json()["output"]) == sum(range(100))
