"""Talking to version apps: keys that rotate, and starts whose answer is lost. Real HTTP."""

import asyncio

import pytest
from aiohttp import web
from least_settings import LEAST

from provisioning import HostKeys, VersionAppError
from router_app.http.delivering import Start, deliver
from router_app.parts import Parts
from router_app.settings import read_settings
from version_registry.model import VersionApp

SETTINGS = {
    **LEAST,
    "ROUTER_ARM_ENDPOINT": "http://127.0.0.1:1",
}
START = Start("o", "1.0~a", b"", {})


class Platform:
    """Knows the app's present key."""

    def __init__(self):
        self.key, self.asked = "key-1", 0

    def host_keys(self, _app_name):
        self.asked += 1
        return HostKeys(master="m", durable=self.key, default="d")


class App:
    """A version app that answers starts as it is told, and remembers them."""

    def __init__(self):
        self.key, self.script, self.started, self.posts = "key-1", [], False, 0

    async def start(self, request):
        self.posts += 1
        if request.headers.get("x-functions-key") != self.key:
            return web.Response(status=401)
        match self.script.pop(0) if self.script else 202:
            case "accept, then die":
                self.started = True
                request.transport.close()
                return web.Response()
            case "die":
                request.transport.close()
                return web.Response()
            case status:
                self.started = self.started or status == 202
                return web.json_response({"id": "1.0~a"}, status=status)

    async def status(self, _request):
        return web.json_response({"runtimeStatus": "Running"}, status=202 if self.started else 404)


@pytest.fixture
async def app():
    made = App()
    application = web.Application()
    api = "/runtime/webhooks/durabletask"
    application.router.add_post(api + "/orchestrators/{name}/{id}", made.start)
    application.router.add_get(api + "/instances/{id}", made.status)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.host = f"127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def parts():
    made = Parts(read_settings(SETTINGS))
    made.platform = Platform()
    yield made
    await made.apps.close()


async def send(parts, app, *, is_new=True):
    return await deliver(parts, VersionApp("app", app.host), START, is_new=is_new)


async def test_the_key_is_fetched_once_and_kept(parts, app):
    for _ in range(3):
        assert (await send(parts, app)).status == 202
    assert parts.platform.asked == 1


async def test_callers_at_once_share_one_fetch_of_the_key(parts, app):
    await asyncio.gather(*(send(parts, app) for _ in range(10)))
    assert parts.platform.asked == 1


async def test_a_rotated_key_is_fetched_anew(parts, app):
    await send(parts, app)
    app.key = parts.platform.key = "key-2"
    assert (await send(parts, app)).status == 202
    assert parts.platform.asked == 2


async def test_an_app_that_refuses_every_key_is_not_asked_for_ever(parts, app):
    app.key = "unknown"
    assert (await send(parts, app)).status == 401
    assert app.posts == 2


async def test_a_missing_durable_key_is_not_kept(parts, app):
    parts.platform.key = None
    with pytest.raises(VersionAppError):
        await send(parts, app)
    parts.platform.key = "key-1"
    assert (await send(parts, app)).status == 202


@pytest.mark.parametrize("script", [[503], [502, 503, 503], ["die"], ["die", 503]], ids=str)
async def test_a_new_start_is_sent_again_while_the_app_is_away(parts, app, script):
    app.script = list(script)
    assert (await send(parts, app)).status == 202
    assert app.posts == len(script) + 1


async def test_a_start_that_was_taken_without_an_answer_is_not_sent_again(parts, app):
    app.script = ["accept, then die"]
    assert (await send(parts, app)).status == 202
    assert app.posts == 1


async def test_a_start_with_a_clients_own_id_is_sent_once(parts, app):
    app.script = [503]
    assert (await send(parts, app, is_new=False)).status == 503
    app.script = ["die"]
    with pytest.raises(VersionAppError):
        await send(parts, app, is_new=False)
    assert app.posts == 2


@pytest.mark.parametrize("status", [400, 404, 409, 500])
async def test_a_refusal_is_not_repeated(parts, app, status):
    app.script = [status]
    assert (await send(parts, app)).status == status
    assert app.posts == 1
