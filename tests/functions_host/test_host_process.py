"""The host as a process: what ends it, what does not, and what survives."""

import os
import re
import socket
import subprocess
import sys
import venv
from pathlib import Path

import azure.functions as func
import httpx
import pytest

APP = """
import os, time
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("pid")
def pid(req: func.HttpRequest) -> str:
    return str(os.getpid())

@app.route("dies")
def dies(req: func.HttpRequest) -> str:
    os._exit(9)

@app.route("slow")
def slow(req: func.HttpRequest) -> str:
    print("slow began")
    time.sleep(float(req.params["s"]))
    return "done"

@app.route("stuck")
async def stuck(req: func.HttpRequest) -> str:
    while True:
        time.sleep(0.01)
"""


@pytest.fixture
def app(tmp_path, write_app):
    return write_app(tmp_path / "app", APP)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("def broken(:", "SyntaxError"),
        ("import sys; sys.exit(2)", "SystemExit: 2"),
        ("import os; os._exit(7)", "ended with exit code 7"),
        ("import os; os.kill(os.getpid(), 9)", "ended with signal 9"),
        # The second wording of these is that of Microsoft's worker library, which may load the app as well.
        ("x = 1", "no module-level FunctionApp|Could not find top level function app"),
        ("import azure.functions as f; a = f.FunctionApp(); b = f.FunctionApp()", "(?i)more than one"),
    ],
    ids=["missing module", "syntax", "sys.exit", "os._exit", "kill", "no app", "two apps"],
)
def test_an_app_that_cannot_be_loaded_is_a_state_and_not_a_crash(hosts, write_app, tmp_path, source, message):
    host = hosts.start(write_app(tmp_path / "app", source))
    status = host.http.get("/admin/host/status", headers=host.master).json()
    assert (host.state, status["state"]) == ("Error", "Error")
    assert re.search(message, status["errors"][0])
    assert re.search(message, host.log)
    answer = host.http.get("/api/anything")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert host.http.get("/admin/host/ping").status_code == 200
    assert host.http.get("/admin/functions", headers=host.master).json() == []


def test_a_failed_import_shows_the_traceback_of_user_code(hosts, write_app, tmp_path):
    host = hosts.start(write_app(tmp_path / "app", "def go():\n    return 1 / 0\ngo()\n"))
    (error,) = host.http.get("/admin/host/status", headers=host.master).json()["errors"]
    assert 'function_app.py", line 2, in go' in error
    assert "functions_host/worker" not in error


@pytest.mark.parametrize(
    ("signature", "hint"),
    [
        ('@app.route("x")\ndef fn(request): pass', "bound but not a parameter of the function: req|{'request'}"),
        ('@app.route("x")\ndef fn(req, more): pass', "a parameter without a binding: more|{'more'}"),
        ('@app.route("x")\ndef fn(req) -> None: pass', "NoneType.* does not (fit|match) .*http"),
        ('@app.route("x")\ndef fn(req) -> dict: pass', "dict.* does not (fit|match) .*http"),
        ('@app.route("x")\ndef fn(req) -> "str | None": pass', "str | None|non-type return annotation"),
        (
            '@app.route("x")\ndef fn(req: func.TimerRequest): pass',
            "TimerRequest.* does not|do not match .*TimerRequest",
        ),
        ('@app.route("x")\ndef fn(req: "Nowhere"): pass', "'Nowhere' is not defined"),
    ],
)
def test_a_signature_that_does_not_fit_the_bindings_is_refused(hosts, write_app, tmp_path, signature, hint):
    host = hosts.start(
        write_app(tmp_path / "app", f"import azure.functions as func\napp = func.FunctionApp()\n{signature}\n")
    )
    assert re.search(hint, host.http.get("/admin/host/status", headers=host.master).json()["errors"][0])


def test_a_wrong_host_json_is_a_state(hosts, write_app, tmp_path):
    host = hosts.start(write_app(tmp_path / "app", APP, host_json='{"functionTimeout": "soon"}'))
    assert "functionTimeout" in host.http.get("/admin/host/status", headers=host.master).json()["errors"][0]


def test_a_worker_that_dies_costs_its_own_requests_only(hosts, app):
    host = hosts.start(app)
    first = int(host.http.get("/api/pid").text)
    assert host.http.get("/api/dies").status_code == 500
    second = int(host.http.get("/api/pid").text)
    assert second != first
    host.wait_for_log("ended with exit code 9; it is replaced")


def test_a_worker_that_keeps_dying_is_replaced_each_time(hosts, app):
    host = hosts.start(app)
    for _ in range(3):
        assert host.http.get("/api/dies").status_code == 500
    assert host.http.get("/api/pid").status_code == 200


def test_a_function_that_runs_too_long_is_ended_with_its_worker(hosts, write_app, tmp_path):
    app = write_app(tmp_path / "app", APP, host_json='{"functionTimeout": "00:00:01"}')
    host = hosts.start(app)
    first = host.http.get("/api/pid").text
    assert host.http.get("/api/slow?s=60").status_code == 500
    host.wait_for_log("function slow ran longer than the function time-out of 1 s")
    assert host.http.get("/api/pid").text != first


def test_two_workers_answer_while_the_loop_of_one_is_blocked(hosts, app):
    host = hosts.start(app, FUNCTIONS_WORKER_PROCESS_COUNT="2")
    host.wait_for_log("worker 2 is ready")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{host.url}/api/stuck", timeout=0.5)
    assert len({host.http.get("/api/pid").text for _ in range(10)}) == 1


def test_sigterm_lets_a_request_finish(hosts, app):
    host = hosts.start(app)
    pid = host.worker_pid()
    client = subprocess.Popen(
        [sys.executable, "-c", f"import httpx; print(httpx.get('{host.url}/api/slow?s=1', timeout=9).text)"],
        stdout=subprocess.PIPE,
    )
    host.wait_for_log("slow began")
    assert host.terminate() == 0
    assert client.communicate(timeout=10)[0].strip() == b"done"
    assert not is_alive(pid)


def test_the_worker_dies_with_a_killed_host(hosts, app, eventually):
    host = hosts.start(app)
    pid = host.worker_pid()
    host.kill()
    eventually(lambda: not is_alive(pid), within_s=5)


def test_keys_survive_a_kill(hosts, app):
    first = hosts.start(app)
    before = first.secrets
    first.kill()
    second = hosts.start(app)
    assert second.secrets == before
    assert second.http.get("/api/pid").status_code == 200


def test_an_inherited_socket_keeps_clients_waiting_across_a_kill(hosts, app):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, fd = listener.getsockname()[1], listener.fileno()
        first = hosts.start(app, "--fd", str(fd), pass_fds=(fd,))
        assert first.url == f"http://127.0.0.1:{port}"
        assert httpx.get(f"{first.url}/api/pid").status_code == 200
        first.kill()
        client = subprocess.Popen(
            [sys.executable, "-c", f"import httpx; print(httpx.get('{first.url}/api/pid', timeout=20).status_code)"],
            stdout=subprocess.PIPE,
        )
        hosts.start(app, "--fd", str(fd), pass_fds=(fd,))
        assert client.communicate(timeout=20)[0].strip() == b"200"


def test_the_host_ends_when_its_parent_does(hosts, app):
    reading, writing = os.pipe()
    try:
        host = hosts.start(app, "--exit-with-fd", str(reading), pass_fds=(reading,))
        os.write(writing, b"still here")
        assert host.http.get("/api/pid").status_code == 200
    finally:
        os.close(writing)
        os.close(reading)
    assert host.process.wait(10) == 0


def test_a_taken_port_is_an_error_in_words(app):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "-m", "local_azure.functions_host", "start", "--port", str(port)],
            check=False, cwd=app, capture_output=True, text=True, timeout=20,
        )  # fmt: skip
    assert run.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_the_apps_modules_come_before_the_workers_own(hosts, write_app, tmp_path):
    source = """
import azure.functions as func
import loading, channel
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route("x")
def x(req: func.HttpRequest) -> str:
    return loading.NAME + channel.NAME
"""
    app = write_app(tmp_path / "app", source, loading__py="NAME = 'mine '", channel__py="NAME = 'too'")
    assert hosts.start(app).http.get("/api/x").text == "mine too"


def test_packages_that_a_build_left_in_the_app_are_found(hosts, write_app, tmp_path):
    app = write_app(tmp_path / "app", "import built\n" + APP + "\n    # " + "x")
    packages = app / ".python_packages" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "built.py").write_text("")
    assert hosts.start(app).state == "Running"


def test_the_apps_own_environment_runs_it(hosts, write_app, tmp_path, loader):
    if loader:
        pytest.skip("the environment that is made here has none of Microsoft's worker library")
    source = """
import sys
import azure.functions as func
import only_here
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("prefix")
def prefix(req: func.HttpRequest) -> str:
    return sys.prefix + " " + only_here.NAME
"""
    app = write_app(tmp_path / "app", source)
    venv.create(app / ".venv", symlinks=True)
    (packages,) = (app / ".venv" / "lib").glob("python*/site-packages")
    (packages / "only_here.py").write_text("NAME = 'here'\n")
    (packages / "shared.pth").write_text(str(Path(func.__file__).parents[2]) + "\n")
    assert hosts.start(app).http.get("/api/prefix").text == f"{app / '.venv'} here"
