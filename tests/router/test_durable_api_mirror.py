"""Clients of Durable's own HTTP API who change nothing but what stands before its path."""

from datetime import UTC, datetime, timedelta

import aiohttp
import azure.durable_functions as df
import pytest
from azure.durable_functions.models.OrchestrationRuntimeStatus import OrchestrationRuntimeStatus as Status
from azure.durable_functions.models.utils import http_utils
from router_driver import problem_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

MIRROR = "/v/1.1/runtime/webhooks/durabletask"
LINKS = {
    "id",
    "statusQueryGetUri",
    "sendEventPostUri",
    "terminatePostUri",
    "rewindPostUri",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "suspendPostUri",
    "resumePostUri",
}


@pytest.fixture
async def sdk(storied):
    """The SDK's own client, as in a Function app, whose calls carry a key of the router."""
    base = f"{storied.url}/api/storied{MIRROR}/"
    headers = {"x-functions-key": storied.keys["client"]}
    async with aiohttp.ClientSession(headers=headers) as session:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(http_utils, "_client_session", session)
            yield df.DurableOrchestrationClient(
                f'{{"taskHubName": "H", "creationUrls": {{}}, "managementUrls": {{"id": "INSTANCEID"}}, '
                f'"baseUrl": "{base}", "requiredQueryStringParameters": "", "rpcBaseUrl": "{base}"}}'
            )


async def ended(sdk, instance_id):
    response = await sdk.wait_for_completion_or_create_check_status_response(None, instance_id, 20000, 50)
    assert response.status_code in (200, 500), response.get_body()
    return await sdk.get_status(instance_id, show_input=True)


async def test_the_sdks_client_starts_and_follows_by_its_own_ids(sdk):
    assert await sdk.start_new("echo", "sdk-1", {"a": ["ü", 1]}) == "1.1~sdk-1"
    status = await ended(sdk, "sdk-1")
    assert status.instance_id == "1.1~sdk-1"
    assert status.output == {"version": "1.1.0", "input": {"a": ["ü", 1]}, "type": "dict"}
    for value in ([1, "two"], "text", "5", 5, True):
        instance_id = await sdk.start_new("echo", None, value)
        output = (await ended(sdk, instance_id)).output
        assert (output["input"], output["type"]) == (value, type(value).__name__)
    assert not await sdk.get_status("never-started")


async def test_the_sdks_client_steers(sdk, storied):
    await sdk.start_new("await_event", "sdk-2")
    storied.await_custom_status("1.1~sdk-2", "waiting")
    await sdk.suspend("sdk-2", "hold on")
    storied.await_json(
        lambda: storied.status("1.1~sdk-2"), lambda s: s["runtimeStatus"] == "Suspended", what="it to be suspended"
    )
    await sdk.resume("sdk-2", "go on")
    await sdk.raise_event("sdk-2", "go", {"n": 1})
    assert (await ended(sdk, "sdk-2")).runtime_status is Status.Completed
    with pytest.raises(Exception, match="is gone"):
        await sdk.raise_event("sdk-2", "go", 1)
    with pytest.raises(Exception, match="No instance"):
        await sdk.terminate("never-started", "x")
    await sdk.start_new("await_event", "sdk-3")
    await sdk.terminate("sdk-3", "enough")
    assert (await ended(sdk, "sdk-3")).output == "enough"
    await sdk.start_new("fail", "sdk-4")
    assert (await ended(sdk, "sdk-4")).runtime_status is Status.Failed
    await sdk.rewind("sdk-4", "again")
    restarted = await sdk.restart("sdk-3")
    assert restarted["id"].startswith("1.1~")
    await sdk.terminate(restarted["id"], "enough")


async def test_the_sdks_client_queries_and_purges_its_line_only(sdk, storied):
    began = datetime.now(UTC) - timedelta(seconds=1)
    assert storied.start("echo", key="of-the-current-line").json()["id"].startswith("1.2~")
    for number in range(2):
        await sdk.start_new("echo", f"purged-{number}")
        await ended(sdk, f"purged-{number}")
    found = await sdk.get_status_by(began, runtime_status=[Status.Completed], instance_id_prefix="purged-")
    assert {status.instance_id for status in found} == {"1.1~purged-0", "1.1~purged-1"}
    assert {status.instance_id[:4] for status in await sdk.get_status_all()} == {"1.1~"}
    assert (await sdk.purge_instance_history("purged-0")).instances_deleted == 1
    assert (await sdk.purge_instance_history("purged-0")).instances_deleted == 0
    assert (await sdk.purge_instance_history_by(began, runtime_status=[Status.Completed])).instances_deleted >= 1
    assert not await sdk.get_status("purged-1")
    assert (await sdk.purge_instance_history_by(datetime.now(UTC) + timedelta(days=1))).instances_deleted == 0
    assert storied.finished("1.2~of-the-current-line")["runtimeStatus"] == "Completed"


async def test_the_sdks_client_reaches_entities(sdk, storied):
    entity = df.EntityId("counter", "sdk")
    assert not (await sdk.read_entity_state(entity)).entity_exists
    await sdk.signal_entity(entity, "add", 5)
    path = f"{MIRROR}/entities/counter/sdk"
    storied.await_json(lambda: storied.call("client", "GET", path), lambda state: state == 5, what="the count")
    listed = storied.call("client", "GET", f"{MIRROR}/entities", params={"fetchState": "true"})
    assert {"name": "counter", "key": "sdk"} in [one["entityId"] for one in listed.json()]


async def test_the_sdks_client_is_told_why_a_start_is_refused(sdk):
    with pytest.raises(Exception, match="an instance id has 1 to 150 characters"):
        await sdk.start_new("echo", "a b")
    with pytest.raises(Exception, match="no orchestrator 'no_such_thing'"):
        await sdk.start_new("no_such_thing")


def test_a_check_status_object_has_all_of_durables_members(storied):
    response = storied.call("client", "POST", f"{MIRROR}/orchestrators/echo/links", json={"x": 1})
    assert (response.status_code, response.headers["Retry-After"]) == (202, "10")
    links = response.json()
    assert set(links) == LINKS
    assert response.headers["Location"] == links["statusQueryGetUri"]
    storied.finished(links["id"])
    query = {"taskHub": "H", "connection": "Storage", "code": storied.keys["client"], "version": "9.9"}
    by_query = storied.http.post(f"{MIRROR}/orchestrators/echo/links", params=query)
    assert (by_query.status_code, by_query.json()) == (202, links)
    storied.finished(links["id"])
    for name in ("restartPostUri", "purgeHistoryDeleteUri"):
        method = "DELETE" if "Delete" in name else "POST"
        followed = storied.http.request(method, links[name], headers={"x-functions-key": storied.keys["client"]})
        assert followed.status_code in (200, 202), followed.text


@pytest.mark.parametrize("instance_id", ["follow", "1.1~follow"])
def test_an_instance_may_be_named_with_its_line_or_without(storied, instance_id):
    path = f"{MIRROR}/instances/{instance_id}"
    started = storied.call("client", "POST", f"{MIRROR}/orchestrators/await_event/{instance_id}")
    assert (started.status_code, started.json()["id"]) == (202, "1.1~follow")
    running = storied.call("client", "GET", path)
    assert (running.status_code, running.headers["Retry-After"]) == (202, "5")
    assert running.json()["instanceId"] == "1.1~follow"
    assert storied.call("client", "POST", f"{path}/raiseEvent/go", json=1).status_code == 202
    storied.finished("1.1~follow")
    assert storied.call("client", "GET", path).status_code == 200
    late = storied.call("client", "POST", f"{path}/terminate")
    assert (late.status_code, problem_of(late)) == (410, "gone")
    assert storied.call("client", "DELETE", path).json() == {"instancesDeleted": 1}
    gone = storied.call("client", "DELETE", path)
    assert (gone.status_code, problem_of(gone)) == (404, "unknown-instance")


def test_an_id_of_another_line_is_followed_there(storied):
    instance = storied.start("echo", key="elsewhere").json()["id"]
    assert instance == "1.2~elsewhere"
    found = storied.call("client", "GET", f"{MIRROR}/instances/{instance}")
    assert found.json()["instanceId"] == instance


def test_what_an_app_started_itself_can_be_followed(storied):
    url = storied.call("client", "POST", "/v/1.1/http/own-start").json()["statusQueryGetUri"]
    assert url == f"{storied.url}/api/storied{MIRROR}/instances/own-start"
    ended = storied.await_json(
        lambda: storied.http.get(url, headers={"x-functions-key": storied.keys["client"]}),
        lambda status: status["runtimeStatus"] == "Completed",
        what="the app's own instance to end",
    )
    assert ended["instanceId"] == "own-start"


def test_what_an_app_started_itself_outlives_its_line(storied):
    path = "/v/1.0/runtime/webhooks/durabletask/instances"
    found = storied.call("client", "GET", f"{path}/own-start")
    assert (found.status_code, found.json()["output"]["version"]) == (200, "1.0.0")
    assert storied.call("client", "GET", f"{path}/old-1").json()["output"]["input"] == {"old": 1}
    refused = storied.call("client", "POST", f"{path}/own-start/terminate")
    assert (refused.status_code, problem_of(refused)) == (410, "gone")
    listed = storied.call("client", "GET", path).json()
    assert {"own-start", "1.0~old-0"} <= {entry["instanceId"] for entry in listed}
    (one,) = storied.call("client", "GET", path, params={"instanceIdPrefix": "old-1"}).json()
    assert one["instanceId"] == "1.0~old-1"


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/v/9.9/runtime/webhooks/durabletask/instances/a", 404, "unknown-version"),
        ("/v/x/runtime/webhooks/durabletask/instances/a", 400, "invalid-version"),
        ("/v/1.1/runtime/webhooks/durabletask/instances/@counter@a", 400, "invalid-instance-id"),
        ("/v/1.1/runtime/webhooks/durabletask/instances/a%252F..%252Fb", 400, "invalid-instance-id"),
        ("/v/1.1/runtime/webhooks/durabletask/instances/none", 404, "unknown-instance"),
        ("/v/1.1/runtime/webhooks/durabletask/instances?runtimeStatus=done", 400, "invalid-parameter"),
    ],
)
def test_a_refusal_has_durables_members_too(storied, path, status, slug):
    response = storied.call("client", "GET", path)
    assert (response.status_code, problem_of(response)) == (status, slug)
    assert response.json()["ExceptionMessage"] == response.json()["detail"]
