"""Clients of a host that is restarted on its socket notice nothing but a pause."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest

APP = """
import azure.functions as func
import azure.durable_functions as df

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route("echo", methods=["POST"])
def echo(req: func.HttpRequest) -> str:
    return req.get_body().decode()

@app.orchestration_trigger(context_name="context")
def patient(context):
    yield context.wait_for_external_event("never")
"""
RESTARTS = 4
CLIENTS = 8


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        yield listener


def start(app: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    fd = listener.fileno()
    with (app / "host.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "local_azure.functions_host", "start", "--fd", str(fd)],
            cwd=app, pass_fds=(fd,), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip


async def restart(process: subprocess.Popen[bytes], app: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0
    return start(app, listener)


@pytest.mark.parametrize("keeps_connections", [False, True], ids=["a connection each", "connections kept"])
async def test_no_request_is_lost_over_restarts(write_app, tmp_path, listener, keeps_connections):
    app = write_app(tmp_path / "app", APP)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/echo"
    answered, over = [], asyncio.Event()
    process = start(app, listener)

    async def ask_again_and_again(session: aiohttp.ClientSession, number: int) -> None:
        chance = random.Random(number)
        while not over.is_set():
            # POST: the client library does not repeat these by itself.
            async with session.post(url, data=f"{number}-{len(answered)}" * chance.choice([1, 5000])) as answer:
                assert answer.status == 200
                answered.append(await answer.text())
            await asyncio.sleep(chance.choice([0, 0.002, 0.02]))

    timeout = aiohttp.ClientTimeout(total=30)
    connector = aiohttp.TCPConnector(force_close=not keeps_connections)
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(ask_again_and_again(session, number))
            for life in range(RESTARTS):
                seen = len(answered)
                async with asyncio.timeout(30):
                    while len(answered) < seen + 100 * (1 + life):  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                process = await restart(process, app, listener)
            over.set()
    finally:
        process.kill()
        process.wait()


def test_a_connection_that_has_not_asked_yet_is_answered_by_the_host_that_took_it(write_app, tmp_path, hosts):
    host = hosts.start(write_app(tmp_path / "app", APP))
    port = int(host.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as slow:
        assert host.http.post("/api/echo", content="x").text == "x"  # so the host has taken `slow` as well
        host.process.send_signal(signal.SIGTERM)
        host.wait_for_log("Stopping")
        slow.sendall(b"POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        answer = b""
        while data := slow.recv(4096):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer.lower()
    assert answer.endswith(b"hi")


def test_who_waits_for_an_orchestration_is_told_where_to_ask_when_the_host_ends(write_app, tmp_path, hosts, eventually):
    host = hosts.start(write_app(tmp_path / "app", APP))
    key = host.secrets["systemKeys"]["durabletask_extension"]
    path = f"/runtime/webhooks/durabletask/orchestrators/patient/p1?timeout=600&code={key}"
    waiting = subprocess.Popen(
        [sys.executable, "-c", f"import httpx; print(httpx.post('{host.url}{path}', timeout=60).text)"],
        stdout=subprocess.PIPE, env={**os.environ},
    )  # fmt: skip
    status = f"{host.url}/runtime/webhooks/durabletask/instances/p1?code={key}"
    eventually(lambda: httpx.get(status).status_code == 202)
    assert host.terminate() == 0
    assert json.loads(waiting.communicate(timeout=20)[0])["id"] == "p1"
