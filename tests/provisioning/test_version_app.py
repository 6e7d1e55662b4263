"""The client of a version app against a real HTTP server that behaves, misbehaves and hangs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from multidict import MultiDict

from provisioning import HostKeys, UnfinishedCount, UnfinishedInstance, VersionApp, VersionAppError, open_session

KEYS = HostKeys(master="master-key", durable="durable-key", default="default-key")
INSTANCES = "/runtime/webhooks/durabletask/instances"


@dataclass
class StandIn:
    """A version app whose answer to anything is the test's."""

    url: str = ""
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    asked: list[web.Request] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked.append(request)
        assert self.answer is not None
        return await self.answer(request)


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stand_in.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stand_in.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stand_in
    await runner.cleanup()


@pytest.fixture
async def connect(stand_in) -> AsyncIterator[Callable[..., VersionApp]]:
    async with open_session() as session:
        yield lambda keys=KEYS, **options: VersionApp(session, stand_in.url, keys, **options)


def saying(body: object = "", *, status: int = 200, headers: dict[str, str] | None = None):
    async def answer(request: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers=headers)

    return answer


def paging(*pages: list[dict[str, object]]):
    """Serve pages the way the durable extension does: an opaque token in a header, sent back in the same header."""

    async def answer(request: web.Request) -> web.Response:
        number = int(request.headers.get("x-ms-continuation-token", "page-0").removeprefix("page-"))
        token = f"page-{number + 1}" if number + 1 < len(pages) else ""
        return web.json_response(pages[number], headers={"x-ms-continuation-token": token})

    return answer


def an_instance(instance_id: str, status: str = "Running", minute: int = 0) -> dict[str, object]:
    created = f"2026-04-09T10:{minute:02}:00Z"
    return {"instanceId": instance_id, "name": "place", "runtimeStatus": status, "createdTime": created}


def a_blocker(instance_id: str, status: str = "Running", minute: int = 0) -> UnfinishedInstance:
    return UnfinishedInstance(instance_id, "place", status, datetime(2026, 4, 9, 10, minute, tzinfo=UTC))


async def test_all_pages_and_all_unfinished_statuses_are_counted_and_entities_are_not(stand_in, connect):
    stand_in.answer = paging(
        [an_instance("a", "Pending", 1), an_instance("@tally@x")],
        [],
        [an_instance("b", "Suspended", 2), an_instance("c", "ContinuedAsNew", 3), an_instance("d", "Running", 4)],
    )

    count = await connect().count_unfinished()

    assert count == UnfinishedCount(
        4,
        "",
        (
            a_blocker("a", "Pending", 1),
            a_blocker("b", "Suspended", 2),
            a_blocker("c", "ContinuedAsNew", 3),
            a_blocker("d", "Running", 4),
        ),
    )
    assert {request.query["runtimeStatus"] for request in stand_in.asked} == {
        "Pending,Running,ContinuedAsNew,Suspended"
    }
    assert len(stand_in.asked) == 3


async def test_an_app_with_nothing_unfinished_counts_zero(stand_in, connect):
    stand_in.answer = paging([an_instance("@tally@x")])

    assert await connect().count_unfinished() == UnfinishedCount(0)


async def test_the_blockers_are_the_oldest_five(stand_in, connect):
    stand_in.answer = paging([an_instance(f"i{minute}", minute=minute) for minute in (9, 3, 7, 1, 5, 8)])

    count = await connect().count_unfinished()

    assert count.unfinished == 6
    assert [blocker.instance_id for blocker in count.blockers] == ["i1", "i3", "i5", "i7", "i8"]


async def test_an_instance_on_two_pages_is_one(stand_in, connect):
    stand_in.answer = paging([an_instance("a")], [an_instance("a"), an_instance("b")])

    assert (await connect().count_unfinished()).unfinished == 2


async def test_a_host_that_ignores_the_filter_does_not_look_busy(stand_in, connect):
    finished = [an_instance(status, status) for status in ("Completed", "Failed", "Terminated", "Canceled")]
    stand_in.answer = paging([*finished, an_instance("a")])

    assert (await connect().count_unfinished()).unfinished == 1


async def test_a_status_that_nobody_knows_is_unfinished(stand_in, connect):
    stand_in.answer = paging([an_instance("a", "Hibernating")])

    assert (await connect().count_unfinished()).unfinished == 1


async def test_an_unreadable_creation_time_still_counts_and_comes_first(stand_in, connect):
    stand_in.answer = paging([an_instance("a", minute=1), {**an_instance("b"), "createdTime": None}])

    count = await connect().count_unfinished()

    assert (count.unfinished, count.blockers[0].instance_id) == (2, "b")


async def hanging(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def hanging_in_the_middle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"[")
    await asyncio.Event().wait()
    return response


async def cutting_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"[]")
    assert request.transport is not None
    request.transport.abort()
    return response


async def failing_on_the_second_page(request: web.Request) -> web.Response:
    if "x-ms-continuation-token" in request.headers:
        return web.Response(status=500)
    return web.json_response([], headers={"x-ms-continuation-token": "next"})


UNKNOWN = {
    "not found": (saying(status=404), "answered 404"),
    "no key": (saying(status=401), "answered 401"),
    "away": (saying("<html>", status=503), "answered 503"),
    "no content": (saying(status=204), "answered 204"),
    "redirected": (saying(status=302, headers={"Location": "/"}), "answered 302"),
    "not JSON": (saying("[] and more"), "is not JSON"),
    "empty": (saying(""), "is not JSON"),
    "an object": (saying({}), "expected shape"),
    "null": (saying("null"), "expected shape"),
    "an entry without a status": (saying([{"instanceId": "a"}]), "expected shape"),
    "an entry without an id": (saying([{"runtimeStatus": "Running"}]), "expected shape"),
    "an entry that is none": (saying(["a"]), "expected shape"),
    "an empty status": (saying([an_instance("a", "")]), "expected shape"),
    "a second page that fails": (failing_on_the_second_page, "answered 500"),
    "pages without end": (saying([], headers={"x-ms-continuation-token": "same"}), "does not end"),
    "silence": (hanging, "did not answer within 0.3 s"),
    "silence in the middle": (hanging_in_the_middle, "did not answer within 0.3 s"),
    "a connection that breaks": (cutting_off, "cannot be reached"),
}


@pytest.mark.parametrize(("answer", "reason"), UNKNOWN.values(), ids=UNKNOWN)
async def test_any_doubt_is_unknown_and_never_zero(stand_in, connect, answer, reason):
    stand_in.answer = answer

    count = await connect(deadline=timedelta(seconds=0.3)).count_unfinished()

    assert count.unfinished is None
    assert reason in count.reason


async def test_an_app_that_is_gone_is_unknown():
    async with open_session() as session:
        count = await VersionApp(session, "http://127.0.0.1:9", KEYS).count_unfinished()

    assert count.unfinished is None
    assert "cannot be reached" in count.reason


async def test_an_app_whose_key_is_not_known_is_unknown(stand_in, connect):
    count = await connect(HostKeys(master="master-key")).count_unfinished()

    assert (count.unfinished, stand_in.asked) == (None, [])


async def test_a_start_goes_to_the_durable_api_with_its_key_in_a_header(stand_in, connect):
    stand_in.answer = saying({"id": "1.4~a"}, status=202, headers={"Location": "http://backend/x", "Retry-After": "10"})

    answer = await connect().start(
        "place", "1.4~a/b", b'{"x": 1}', {"Content-Type": "application/json", "traceparent": "t"}
    )

    request = stand_in.asked[0]
    assert (request.method, request.raw_path) == (
        "POST",
        "/runtime/webhooks/durabletask/orchestrators/place/1.4~a%2Fb",
    )
    assert await request.read() == b'{"x": 1}'
    assert request.headers["x-functions-key"] == "durable-key"
    assert (request.headers["Content-Type"], request.headers["traceparent"]) == ("application/json", "t")
    assert (answer.status, answer.body) == (202, b'{"id": "1.4~a"}')
    assert (answer.headers["Location"], answer.headers["Retry-After"]) == ("http://backend/x", "10")


async def test_a_status_is_read(stand_in, connect):
    stand_in.answer = saying({"runtimeStatus": "Completed"})

    answer = await connect().get_status("1.4~ü#?", {"showInput": "false"})

    assert stand_in.asked[0].raw_path == f"{INSTANCES}/1.4~%C3%BC%23%3F?showInput=false"
    assert json.loads(answer.body) == {"runtimeStatus": "Completed"}


async def test_a_pass_through_carries_the_apps_key_and_never_the_callers(stand_in, connect):
    stand_in.answer = saying("fine", headers={"X-Own": "yes", "Connection": "keep-alive"})
    headers = {"X-Functions-Key": "router-key", "Host": "router", "X-Own": "1", "Connection": "close", "TE": "trailers"}

    answer = await connect().forward(
        "PATCH", "/api/orders/a%20b", query={"code": "router-key", "q": "a b&c"}, headers=headers, body=b"\x00\xff"
    )

    request = stand_in.asked[0]
    assert (request.method, request.raw_path) == ("PATCH", "/api/orders/a%20b?q=a+b%26c")
    assert request.headers["x-functions-key"] == "default-key"
    assert request.headers["X-Own"] == "1"
    assert "router-key" not in str(request.headers) + str(request.url)
    assert "TE" not in request.headers
    assert await request.read() == b"\x00\xff"
    assert (answer.status, answer.body, answer.headers["X-Own"]) == (200, b"fine", "yes")
    assert not {"connection", "content-length"} & {name.lower() for name in answer.headers}


async def test_headers_that_connection_names_stay_with_their_connection(stand_in, connect):
    stand_in.answer = saying("fine", headers={"X-Hop": "1", "X-Own": "2", "Connection": "X-Hop, keep-alive"})
    headers = {"Connection": "close, X-Mine", "X-Mine": "1", "X-Own": "2"}

    answer = await connect().forward("GET", "/api/x", query={}, headers=headers, body=b"")

    assert "X-Mine" not in stand_in.asked[0].headers
    assert stand_in.asked[0].headers["X-Own"] == "2"
    assert ("X-Hop" in answer.headers, answer.headers["X-Own"]) == (False, "2")


async def test_a_query_may_repeat_a_name(stand_in, connect):
    stand_in.answer = saying("fine")
    query = MultiDict([("tag", "a"), ("tag", "b"), ("CODE", "router-key")])

    await connect().forward("GET", "/api/x", query=query, headers={}, body=b"")

    assert stand_in.asked[0].raw_path == "/api/x?tag=a&tag=b"


async def test_an_error_names_no_host():
    async with open_session() as session:
        app = VersionApp(session, "http://127.0.0.1:9", KEYS)
        with pytest.raises(VersionAppError) as caught:
            await app.forward("GET", "/api/x", query={}, headers={}, body=b"")

    assert "127.0.0.1" not in caught.value.message


async def test_without_a_function_key_none_is_sent_and_never_the_master_key(stand_in, connect):
    stand_in.answer = saying("fine")

    await connect(HostKeys("master-key", "durable-key")).forward("GET", "/api/x", query={}, headers={}, body=b"")

    assert "x-functions-key" not in stand_in.asked[0].headers


async def test_redirects_are_answers(stand_in, connect):
    stand_in.answer = saying(status=307, headers={"Location": "http://203.0.113.1/elsewhere"})

    answer = await connect().forward("GET", "/api/x", query={}, headers={}, body=b"")

    assert (answer.status, answer.headers["Location"], len(stand_in.asked)) == (307, "http://203.0.113.1/elsewhere", 1)


async def test_cookies_of_one_client_do_not_reach_the_next(stand_in, connect):
    stand_in.answer = saying("x", headers={"Set-Cookie": "ARRAffinity=1; Path=/"})
    app = connect()

    await app.forward("GET", "/api/x", query={}, headers={}, body=b"")
    await app.forward("GET", "/api/x", query={}, headers={}, body=b"")

    assert "Cookie" not in stand_in.asked[1].headers


PATHS = [
    "api/x",
    "@evil.example/x",
    "/../admin/host/keys",
    "/api/../admin",
    "/api/%2e%2E/admin",
    "/api/%252e%252e/x",
    "/a/..\\x",
    "",
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_path_that_leads_elsewhere_is_refused(stand_in, connect, path):
    with pytest.raises(VersionAppError) as caught:
        await connect().forward("GET", path, query={}, headers={}, body=b"")

    assert (caught.value.code, stand_in.asked) == ("bad_path", [])


async def test_a_management_path_cannot_leave_the_durable_api(stand_in, connect):
    with pytest.raises(VersionAppError):
        await connect().manage("GET", "instances/../../../admin/host/keys", query={}, headers={}, body=b"")

    assert stand_in.asked == []


async def test_an_app_that_is_slow_times_out_within_the_deadline(stand_in, connect):
    stand_in.answer = hanging

    with pytest.raises(VersionAppError) as caught:
        await connect(deadline=timedelta(seconds=0.2)).start("place", "a", b"", {})

    assert caught.value.code == "timed_out"


async def test_no_key_is_in_any_error(connect):
    async with open_session() as session:
        app = VersionApp(session, "http://127.0.0.1:9", KEYS)
        with pytest.raises(VersionAppError) as caught:
            await app.forward("GET", "/api/x", query={"secret": "s3cret"}, headers={}, body=b"")

    assert caught.value.code == "unreachable"
    assert not any(word in f"{caught.value!r} {caught.value}" for word in ("key", "s3cret"))


async def test_instances_are_listed_page_by_page_for_the_archive(stand_in, connect):
    first = {**an_instance("a", "Completed"), "input": {"x": 1}, "output": [1], "customStatus": None}
    stand_in.answer = paging([first, an_instance("@tally@x")], [an_instance("b", "Failed")])
    app = connect()

    page = await app.list_instances(top=2)
    last = await app.list_instances(page.cursor, top=2)

    assert (page.instances, page.cursor) == ((first,), "page-1")
    assert ([one["instanceId"] for one in last.instances], last.cursor) == (["b"], None)
    assert stand_in.asked[0].query == {"showInput": "true", "top": "2"}


async def test_a_page_in_doubt_is_an_error_for_the_archive(stand_in, connect):
    stand_in.answer = saying("{")

    with pytest.raises(VersionAppError):
        await connect().list_instances()
