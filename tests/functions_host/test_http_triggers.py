"""HTTP triggers of a real app, called over HTTP."""

import os
import threading
import time

import pytest

APP = """
import asyncio, json, logging, os, sys, threading, time
import azure.functions as func
from more import blueprint

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(blueprint)

@app.route("mirror/{id:int}/{part?}")
def mirror(req: func.HttpRequest) -> func.HttpResponse:
    seen = {"method": req.method, "url": req.url, "params": dict(req.params), "route": dict(req.route_params),
            "headers": dict(req.headers), "body": req.get_body().decode()}
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")

@app.route("waiting")
async def waiting(req: func.HttpRequest) -> str:
    await asyncio.sleep(0.01)
    return f"ü in {threading.current_thread().name}"

@app.route("bytes", methods=["POST"])
def bytes_back(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), mimetype="application/octet-stream")

@app.route("nothing")
def nothing(req: func.HttpRequest):
    return None

@app.route("raises")
def raises(req: func.HttpRequest) -> str:
    raise ValueError("user code says no")

@app.route("raises-async")
async def raises_async(req: func.HttpRequest) -> str:
    raise ValueError("async user code says no")

@app.route("not-a-response")
def not_a_response(req: func.HttpRequest):
    return {"a": 1}

@app.route("exits")
def exits(req: func.HttpRequest) -> str:
    sys.exit(3)

@app.route("exits-async")
async def exits_async(req: func.HttpRequest) -> str:
    sys.exit(3)

@app.route("styled")
def styled(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("gone", status_code=410, mimetype="text/html",
                                 headers={"X-A": "b", "Content-Length": "1"})
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "b=2")
    return response

@app.route("set-out")
def set_out(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({
        "name": context.function_name, "directory": context.function_directory, "id": context.invocation_id,
        "trace": context.trace_context.trace_parent, "retry": context.retry_context.retry_count,
        "local": context.thread_local_storage.invocation_id}))

@app.route("out-parameter", binding_arg_name="response")
def out_parameter(req: func.HttpRequest, response: func.Out[func.HttpResponse]) -> None:
    if "silent" not in req.params:
        response.set(func.HttpResponse("set", status_code=202))

@app.route("needs-key", auth_level=func.AuthLevel.FUNCTION)
def needs_key(req: func.HttpRequest) -> str:
    return "in"

@app.route("needs-master", auth_level=func.AuthLevel.ADMIN)
def needs_master(req: func.HttpRequest) -> str:
    return "in"

@app.route("setting")
def setting(req: func.HttpRequest) -> str:
    return json.dumps([os.environ.get(name) for name in ("FROM_FILE", "FROM_BOTH", "FUNCTIONS_WORKER_RUNTIME")])

@app.route("logs")
def logs(req: func.HttpRequest) -> str:
    print("printed by user code")
    logging.getLogger("orders").warning("logged by user code")
    print("to stderr", file=sys.stderr)
    return "logged"

@app.route("held")
def held(req: func.HttpRequest) -> str:
    released.wait(20)
    return "let go"

released = threading.Event()

@app.route("release")
async def release(req: func.HttpRequest) -> str:
    released.set()
    return "released"

@app.queue_trigger(arg_name="message", queue_name="q", connection="c")
def on_message(message: func.QueueMessage) -> None:
    pass
"""
MORE = """
import azure.functions as func
blueprint = func.Blueprint(http_auth_level=func.AuthLevel.ANONYMOUS)

@blueprint.route("from-blueprint")
def from_blueprint(req: func.HttpRequest) -> str:
    return "blue"
"""
AS_APP = MORE.replace("blueprint = func.Blueprint", "app = func.FunctionApp").replace("@blueprint", "@app")
SETTINGS = '{"Values": {"FROM_FILE": "file", "FROM_BOTH": "file"}}'


@pytest.fixture(scope="module")
def host(module_hosts, write_app):
    app = write_app(module_hosts.folder / "app", APP, more__py=MORE, **{"local.settings__json": SETTINGS})
    return module_hosts.start(app, FROM_BOTH="environment")


def test_a_function_sees_the_request_as_it_was_sent(host):
    answer = host.http.post(
        "/API/Mirror/12/a%20b?q=1&q=2&e=", content="bödy", headers={"X-Thing": "T", "Cookie": "a=1"}
    )
    seen = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert (seen["method"], seen["body"]) == ("POST", "bödy")
    assert seen["url"] == f"{host.url}/API/Mirror/12/a%20b?q=1&q=2&e="
    assert seen["params"] == {"q": "1,2", "e": ""}
    assert seen["route"] == {"id": "12", "part": "a b"}
    assert (seen["headers"]["x-thing"], seen["headers"]["cookie"]) == ("T", "a=1")


@pytest.mark.parametrize("path", ["/api/mirror/x", "/api/mirror", "/mirror/1", "/api/unknown", "/x"])
def test_a_path_that_no_function_takes_is_404(host, path):
    assert host.http.get(path).status_code == 404


def test_a_method_that_no_function_takes_is_404(host):
    assert host.http.get("/api/bytes").status_code == 404


def test_an_async_function_runs_on_the_workers_loop_and_a_string_is_plain_text(host):
    answer = host.http.get("/api/waiting")
    assert (answer.status_code, answer.text) == (200, "ü in MainThread")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("name", "logged"),
    [
        ("raises", "ValueError: user code says no"),
        ("raises-async", "ValueError: async user code says no"),
        ("not-a-response", "TypeError: "),
        # Azure's worker has no way to encode it either, though the host would make it a 204.
        ("nothing", "NoneType"),
        ("exits", "SystemExit: 3"),
        ("exits-async", "SystemExit: 3"),
    ],
)
def test_a_failing_function_is_an_empty_500_and_a_logged_traceback(host, name, logged):
    pid = host.worker_pid()
    answer = host.http.get(f"/api/{name}")
    assert (answer.status_code, answer.content) == (500, b"")
    host.wait_for_log(logged)
    assert host.http.get("/api/waiting").status_code == 200
    assert host.worker_pid() == pid


def test_status_headers_and_cookies_reach_the_client(host):
    answer = host.http.get("/api/styled")
    assert (answer.status_code, answer.text, answer.headers["x-a"]) == (410, "gone", "b")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert sorted(answer.headers.get_list("set-cookie")) == ["a=1; HttpOnly; Path=/", "b=2"]


def test_a_context_parameter_tells_about_the_invocation(host):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    context = host.http.get("/api/set-out", headers={"traceparent": trace}).json()
    assert context["name"] == "set_out"
    assert context["directory"] == str(host.folder)
    assert context["trace"] == trace
    assert context["retry"] == 0
    assert len(context["id"]) == 36
    assert context["local"] == context["id"]


def test_an_answer_may_be_set_on_an_out_parameter(host):
    assert (host.http.get("/api/out-parameter").status_code, host.http.get("/api/out-parameter").text) == (202, "set")
    assert host.http.get("/api/out-parameter?silent").status_code == 204


def test_functions_of_a_blueprint_are_served(host):
    assert host.http.get("/api/from-blueprint").text == "blue"


def test_settings_come_from_the_environment_before_the_file(host):
    assert host.http.get("/api/setting").text == '["file", "environment", "python"]'


@pytest.mark.parametrize(
    ("function", "key", "status"),
    [
        ("needs-key", None, 401),
        ("needs-key", "wrong", 401),
        ("needs-key", "function", 200),
        ("needs-key", "master", 200),
        ("needs-master", None, 401),
        ("needs-master", "function", 401),
        ("needs-master", "master", 200),
    ],
)
def test_a_function_opens_for_the_keys_of_its_level(host, function, key, status):
    keys = {"function": host.secrets["functionKeys"]["default"], "master": host.secrets["masterKey"], "wrong": "x"}
    headers = {"x-functions-key": keys[key]} if key else {}
    query = {"code": keys[key]} if key else {}
    assert host.http.get(f"/api/{function}", headers=headers).status_code == status
    assert host.http.get(f"/api/{function}", params=query).status_code == status


def test_what_user_code_prints_and_logs_is_in_the_hosts_log(host):
    host.http.get("/api/logs")
    host.wait_for_log("[worker 1] printed by user code")
    log = host.wait_for_log("[orders] logged by user code")
    # Microsoft's worker library, which may run the functions as well, has no place for the function's name.
    assert "[worker 1] WARNING logs: [orders]" in log or "[worker 1] WARNING [orders]" in log
    host.wait_for_log("[worker 1] to stderr")


def test_a_body_of_64_mb_passes_both_ways(host):
    body = os.urandom(1 << 20) * 64
    answer = host.http.post("/api/bytes", content=body)
    assert answer.status_code == 200
    assert answer.content == body


def test_a_blocked_function_does_not_block_the_others(host):
    answers = []
    blocked = threading.Thread(target=lambda: answers.append(host.http.get("/api/held").text))
    blocked.start()
    try:
        assert host.http.get("/api/from-blueprint").text == "blue"
        assert host.http.get("/api/waiting").status_code == 200
        assert answers == []
    finally:
        host.http.get("/api/release")
        blocked.join()
    assert answers == ["let go"]


def test_many_requests_at_once_all_get_their_own_answer(host):
    def ask(number):
        results[number] = host.http.post("/api/bytes", content=str(number)).text

    results = {}
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: str(number) for number in range(40)}
    assert time.monotonic() - started < 20


def test_the_start_lists_the_functions_and_names_those_that_do_not_run(host):
    log = host.log
    assert "Worker process started and initialized.\n\nFunctions:\n\n\t" in log
    assert f"\n\tmirror: [ANY] {host.url}/api/mirror/{{id:int}}/{{part?}}\n\n" in log
    assert f"\n\tbytes_back: [POST] {host.url}/api/bytes\n\n" in log
    assert "run func with --verbose" in log
    assert "\n\ton_message: NOT RUNNING, this host does not serve the binding queueTrigger" in log


def test_a_body_above_the_limit_is_413(hosts, write_app, tmp_path):
    app = write_app(
        tmp_path / "app", AS_APP,
        host_json='{"extensions": {"http": {"routePrefix": "", "maxRequestBodySize": 1000}}}',
    )  # fmt: skip
    host = hosts.start(app)
    assert host.http.post("/from-blueprint", content=b"x" * 1000).status_code == 200
    assert host.http.post("/from-blueprint", content=b"x" * 1001).status_code == 413
    assert host.http.get("/").status_code == 200


ASGI = """
import azure.functions as func

async def application(scope, receive, send):
    message = await receive()
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        return
    body = f"{scope['method']} {scope['path']} {message['body'].decode()}".encode()
    await send({"type": "http.response.start", "status": 203, "headers": [(b"x-from", b"asgi")]})
    await send({"type": "http.response.body", "body": body})

app = func.AsgiFunctionApp(app=application, http_auth_level=func.AuthLevel.ANONYMOUS)
"""


def test_an_asgi_application_is_served(hosts, write_app, tmp_path):
    app = write_app(tmp_path / "app", ASGI, host_json='{"extensions": {"http": {"routePrefix": ""}}}')
    answer = hosts.start(app).http.post("/orders/7", content="x")
    assert (answer.status_code, answer.headers["x-from"], answer.text) == (203, "asgi", "POST /orders/7 x")


def test_verbose_names_every_execution(hosts, write_app, tmp_path):
    host = hosts.start(write_app(tmp_path / "app", AS_APP), "--verbose")
    host.http.get("/api/from-blueprint?code=secret")
    host.wait_for_log("Executed from_blueprint: 200")
    assert "secret" not in host.log
