"""Calls to apps that are dead or slow, beside calls to one that is neither: real sockets, counted."""

import asyncio
import socket
from collections import Counter

import pytest
from aiohttp import web
from least_settings import LEAST

from provisioning import HostKeys, VersionAppError, app_http
from router_app.http import delivering
from router_app.http.delivering import Start, deliver
from router_app.parts import Parts
from router_app.settings import read_settings
from version_registry.model import VersionApp

AT_ONCE = 5
SETTINGS = {
    **LEAST,
    "ROUTER_ARM_ENDPOINT": "http://127.0.0.1:1",
    "ROUTER_MAX_CALLS_PER_APP": str(AT_ONCE),
    "ROUTER_TURN_PATIENCE_SECONDS": "0.2",
    "ROUTER_FORWARD_DEADLINE_SECONDS": "2",
}
START = Start("o", "1.0~a", b"", {})


class Platform:
    def host_keys(self, _app_name):
        return HostKeys(master="m", durable="k", default="d")


class Server:
    """Takes starts; if told so, answers none until it is released. Counts its clients' connections."""

    def __init__(self):
        self.posts, self.connections, self.holds, self.released = 0, set(), False, asyncio.Event()

    async def start(self, request):
        self.posts += 1
        self.connections.add(request.transport.get_extra_info("peername"))
        if self.holds:
            await self.released.wait()
        return web.json_response({}, status=202)


@pytest.fixture
async def open_server():
    servers, runners = [], []

    async def open_one():
        server = Server()
        application = web.Application()
        application.router.add_post("/runtime/webhooks/durabletask/orchestrators/{name}/{id}", server.start)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.app = VersionApp(f"app-{len(servers)}", f"127.0.0.1:{site._server.sockets[0].getsockname()[1]}")
        servers.append(server)
        runners.append(runner)
        return server

    yield open_one
    for server, runner in zip(servers, runners, strict=True):
        server.released.set()
        await runner.cleanup()


@pytest.fixture
async def parts():
    made = Parts(read_settings(SETTINGS))
    made.platform = Platform()
    yield made
    await made.apps.close()


@pytest.fixture
def dead_app():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        # Bound, but nobody listens: connections are refused at once.
        yield VersionApp("dead", f"127.0.0.1:{unused.getsockname()[1]}")


@pytest.fixture
def silent_app():
    """A machine that answers no knock: its queue of connections is full, so the system drops new ones."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        clients = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            clients.append(client)
        yield VersionApp("silent", f"127.0.0.1:{listener.getsockname()[1]}")
        for client in clients:
            client.close()


async def outcome(parts, app, *, is_new=False):
    try:
        return (await deliver(parts, app, START, is_new=is_new)).status
    except VersionAppError as error:
        return error.code


async def outcomes(parts, app, times, **how):
    return Counter(await asyncio.gather(*(outcome(parts, app, **how) for _ in range(times))))


async def test_a_slow_app_holds_so_many_calls_and_other_apps_none(parts, open_server):
    slow, healthy = await open_server(), await open_server()
    slow.holds = True
    await outcome(parts, healthy.app)
    calls = asyncio.create_task(outcomes(parts, slow.app, 30))

    assert await outcomes(parts, healthy.app, AT_ONCE) == {202: AT_ONCE}
    assert await calls == {"busy": 25, "timed_out": AT_ONCE}
    assert slow.posts == AT_ONCE, "a call that is refused is not sent"


async def test_a_slow_app_is_served_again_when_it_is_fast(parts, open_server):
    slow = await open_server()
    slow.holds = True
    calls = asyncio.create_task(outcomes(parts, slow.app, 2 * AT_ONCE))
    while slow.posts < AT_ONCE:  # noqa: ASYNC110 - what is awaited is another task's progress
        await asyncio.sleep(0.01)
    slow.released.set()

    assert await calls == {202: 2 * AT_ONCE}


async def test_a_dead_app_gathers_no_callers_who_try_again(parts, open_server, dead_app, monkeypatch):
    monkeypatch.setattr(delivering, "PATIENCE_SECONDS", 0.5)
    healthy = await open_server()
    await outcome(parts, healthy.app)
    calls = asyncio.create_task(outcomes(parts, dead_app, 50, is_new=True))

    assert await outcomes(parts, healthy.app, AT_ONCE) == {202: AT_ONCE}
    found = await calls
    assert found["unreachable"] == AT_ONCE
    assert found == {"unreachable": AT_ONCE, "busy": 45}


async def test_a_dead_app_is_told_at_once_to_those_who_do_not_try_again(parts, dead_app):
    for _ in range(3 * AT_ONCE):
        assert await outcome(parts, dead_app) == "unreachable"


async def test_an_app_that_takes_no_connection_is_known_before_the_deadline(parts, silent_app, monkeypatch):
    monkeypatch.setattr(app_http, "_CONNECT_SECONDS", 0.2)
    assert await outcomes(parts, silent_app, AT_ONCE) == {"unreachable": AT_ONCE}


async def test_connections_are_used_again(parts, open_server):
    healthy = await open_server()
    for _ in range(20):
        await outcome(parts, healthy.app)
    assert (healthy.posts, len(healthy.connections)) == (20, 1)
    await outcomes(parts, healthy.app, AT_ONCE)
    await outcomes(parts, healthy.app, AT_ONCE)
    assert len(healthy.connections) <= AT_ONCE


async def test_nothing_is_remembered_of_apps_that_nobody_calls(parts, open_server):
    healthy = await open_server()
    await outcomes(parts, healthy.app, AT_ONCE)
    assert not parts.apps._turns
