"""The SDK's own client against the Durable HTTP API, with the binding that the host hands it."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import pytest

from local_azure.functions_host.durable.client_binding import client_binding_payload
from local_azure.functions_host.durable.urls import DurableUrls

PREFIX = "/runtime/webhooks/durabletask"


@pytest.fixture
async def sdk(app, open_client):
    """Give the SDK's client on an engine; its session is global, so it is made anew for each loop."""

    def waiter(context):
        value = yield context.wait_for_external_event("Go")
        return value

    def fails(context):
        yield context.call_activity("shaky")

    tries = []

    def shaky(_):
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("no luck")

    def box(context):
        context.set_state(context.get_input())

    app.orchestrators.update(waiter=waiter, fails=fails, echo=lambda context: context.get_input())
    app.activities["shaky"] = shaky
    app.entities["box"] = box
    bench, http = await open_client(app)
    http_utils = sys.modules["azure.durable_functions.models.utils.http_utils"]
    http_utils._client_session, http_utils._session_lock = None, asyncio.Lock()
    origin = f"http://{http.host}:{http.port}"
    payload = client_binding_payload(DurableUrls(f"{origin}{PREFIX}", "key", "TestHub"), f"{origin}{PREFIX}/")
    yield bench, df.DurableOrchestrationClient(payload), payload
    await http_utils._close_session()


async def test_the_binding_has_exactly_what_the_extension_sends(sdk):
    _, _, payload = sdk
    binding = json.loads(payload)
    base = binding["baseUrl"]
    query = "taskHub=TestHub&connection=Storage&code=key"
    assert binding == {
        "taskHubName": "TestHub",
        "creationUrls": {
            "createNewInstancePostUri": f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]?code=key",
            "createAndWaitOnNewInstancePostUri": (
                f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
                "?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=key"
            ),
        },
        "managementUrls": {
            "id": "INSTANCEID",
            "statusQueryGetUri": f"{base}/instances/INSTANCEID?{query}",
            "sendEventPostUri": f"{base}/instances/INSTANCEID/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{base}/instances/INSTANCEID/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{base}/instances/INSTANCEID/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{base}/instances/INSTANCEID?{query}",
            "restartPostUri": f"{base}/instances/INSTANCEID/restart?{query}",
            "suspendPostUri": f"{base}/instances/INSTANCEID/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{base}/instances/INSTANCEID/resume?reason={{text}}&{query}",
        },
        "baseUrl": base,
        "requiredQueryStringParameters": "code=key",
        "rpcBaseUrl": f"{base}/",
    }


@pytest.mark.parametrize("value", [{"x": [1, 2]}, [1, 2], "text", 7, 0, True, None, ""], ids=repr)
async def test_an_input_goes_through_the_client_and_back(sdk, value):
    bench, client, _ = sdk
    instance_id = await client.start_new("echo", client_input=value)
    await bench.result(instance_id)
    status = await client.get_status(instance_id, show_input=True)
    assert (status.runtime_status.name, status.output) == ("Completed", value)
    assert status.input_ == (None if value is None else json.dumps(value))


async def test_a_start_may_name_its_id_and_version_and_an_unknown_function_is_said_clearly(sdk):
    bench, client, _ = sdk
    assert await client.start_new("waiter", "mine", version="2.0") == "mine"
    assert (await bench.engine.instance("mine")).version == "2.0"
    with pytest.raises(Exception, match="'nobody' doesn't exist"):
        await client.start_new("nobody")
    with pytest.raises(Exception, match="already exists"):
        await client.start_new("waiter", "mine")


async def test_an_instance_is_steered_from_start_to_purge(sdk):
    bench, client, _ = sdk
    instance_id = await client.start_new("waiter")
    await client.suspend(instance_id, "lunch time")
    await bench.until(instance_id, lambda state: state.status == "Suspended")
    await client.raise_event(instance_id, "Go", {"ok": True})
    await client.resume(instance_id, "back")
    await bench.result(instance_id)
    status = await client.get_status(instance_id, show_history=True, show_history_output=True)
    assert status.output == '{"ok": true}'
    assert [event["EventType"] for event in status.historyEvents] == [
        "ExecutionStarted",
        "ExecutionSuspended",
        "EventRaised",
        "ExecutionResumed",
        "ExecutionCompleted",
    ]
    with pytest.raises(Exception, match="is gone"):
        await client.raise_event(instance_id, "Go", 1)
    restarted = await client.restart(instance_id)
    await client.terminate(restarted["id"], "not needed")
    assert (await bench.result(restarted["id"])).status == "Terminated"
    assert (await client.purge_instance_history(instance_id)).instances_deleted == 1
    assert (await client.purge_instance_history(instance_id)).instances_deleted == 0
    assert not await client.get_status(instance_id)


async def test_a_failed_instance_is_rewound(sdk):
    bench, client, _ = sdk
    instance_id = await client.start_new("fails")
    assert (await bench.result(instance_id)).status == "Failed"
    await client.rewind(instance_id, "mended")
    assert (await bench.result(instance_id)).status == "Completed"
    with pytest.raises(Exception, match="only supported on failed"):
        await client.rewind(instance_id, "again")


async def test_instances_are_queried_and_purged_by_conditions(sdk):
    bench, client, _ = sdk
    for number in range(3):
        await client.start_new("waiter", f"w-{number}")
        await bench.result(await client.start_new("echo", f"e-{number}"))
    begin = datetime.now(UTC) - timedelta(hours=1)
    running, completed = df.OrchestrationRuntimeStatus.Running, df.OrchestrationRuntimeStatus.Completed
    for number in range(3):
        await bench.until(f"w-{number}", lambda state: state.status == "Running")
    found = await client.get_status_by(begin, begin + timedelta(hours=2), [running, completed])
    assert len(found) == 6
    assert [s.instance_id for s in await client.get_status_by(instance_id_prefix="w-")] == ["w-0", "w-1", "w-2"]
    assert len(await client.get_status_all()) == 6
    assert (await client.purge_instance_history_by(begin, None, [completed])).instances_deleted == 3
    assert [s.instance_id for s in await client.get_status_all()] == ["w-0", "w-1", "w-2"]


async def test_entities_are_signalled_and_read(sdk):
    bench, client, _ = sdk
    entity = df.EntityId("Box", "one")
    assert not (await client.read_entity_state(entity)).entity_exists
    await client.signal_entity(entity, "set", {"x": 1})
    await bench.until("@box@one", lambda state: state.input is not None)
    state = await client.read_entity_state(entity)
    assert (state.entity_exists, state.entity_state) == (True, {"x": 1})


async def test_the_client_waits_for_completion(sdk):
    _, client, _ = sdk
    instance_id = await client.start_new("echo", client_input={"x": 1})
    request = df.DurableOrchestrationClient  # only its URL would be read, and only when time runs out
    answer = await client.wait_for_completion_or_create_check_status_response(request, instance_id, 10_000, 10)
    assert (answer.status_code, json.loads(answer.get_body())) == (200, {"x": 1})
