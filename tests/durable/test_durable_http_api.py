"""The Durable HTTP API, over real HTTP."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

PREFIX = "/runtime/webhooks/durabletask"


def waits_for(name: str):
    def orchestrator(context):
        result = yield context.wait_for_external_event(name)
        return result

    return orchestrator


def fails(context):
    raise ValueError("no luck")


def echo(context):
    return context.get_input()


@pytest.fixture
async def served(app, open_client):
    app.orchestrators.update(waiter=waits_for("Go"), fails=fails, echo=echo)
    app.entities["Counter"] = counter
    return await open_client(app)


def counter(context):
    total = context.get_state(lambda: 0)
    if context.operation_name == "add":
        total += context.get_input()
    elif context.operation_name == "delete":
        context.destruct_on_exit()
        return
    context.set_state(total)
    context.set_result(total)


async def test_a_start_answers_202_with_the_urls_of_the_caller_s_origin(served):
    _, client = served
    answer = await client.post(f"{PREFIX}/orchestrators/waiter/one", json=json.dumps({"x": 1}))
    body = await answer.json()
    origin = f"http://{client.host}:{client.port}{PREFIX}/instances/one"
    assert answer.status == 202
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Location"] == body["statusQueryGetUri"]
    assert body == {
        "id": "one",
        "statusQueryGetUri": f"{origin}?taskHub=TestHub&connection=Storage&code=key",
        "sendEventPostUri": f"{origin}/raiseEvent/{{eventName}}?taskHub=TestHub&connection=Storage&code=key",
        "terminatePostUri": f"{origin}/terminate?reason={{text}}&taskHub=TestHub&connection=Storage&code=key",
        "rewindPostUri": f"{origin}/rewind?reason={{text}}&taskHub=TestHub&connection=Storage&code=key",
        "purgeHistoryDeleteUri": f"{origin}?taskHub=TestHub&connection=Storage&code=key",
        "restartPostUri": f"{origin}/restart?taskHub=TestHub&connection=Storage&code=key",
        "suspendPostUri": f"{origin}/suspend?reason={{text}}&taskHub=TestHub&connection=Storage&code=key",
        "resumePostUri": f"{origin}/resume?reason={{text}}&taskHub=TestHub&connection=Storage&code=key",
    }


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        pytest.param("orchestrators/nobody", b"", 400, "'nobody' doesn't exist", id="unknown function"),
        pytest.param("orchestrators/echo", b"{", 400, "must be JSON", id="invalid JSON"),
        pytest.param("orchestrators/echo", b"\xff\xfe", 400, "UTF-8", id="not UTF-8"),
        pytest.param("orchestrators/echo/@counter@x", b"", 400, "'@'", id="an entity's id"),
        pytest.param("orchestrators/echo/a%23b", b"", 400, "'#'", id="hash in the id"),
        pytest.param("orchestrators/echo/a%2Fb", b"", 400, "'/'", id="slash in the id"),
        pytest.param("orchestrators/echo/a%0Ab", b"", 400, "character", id="control character"),
        pytest.param("orchestrators/echo/" + "x" * 257, b"", 400, "256", id="too long"),
    ],
)
async def test_a_start_that_cannot_be_is_refused_with_a_reason(served, path, body, status, says):
    _, client = served
    answer = await client.post(f"{PREFIX}/{path}", data=body)
    assert answer.status == status
    assert says in (await answer.json())["ExceptionMessage"]


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        pytest.param(json.dumps(json.dumps({"a": [1]})), {"a": [1]}, id="as the SDK's client sends it"),
        pytest.param('{"a": [1, 2.50]}', {"a": [1, 2.5]}, id="a plain object"),
        pytest.param("", None, id="no body"),
        pytest.param("null", None, id="null"),
        pytest.param(json.dumps("12345678901234567890123"), 12345678901234567890123, id="an integer beyond 64 bits"),
        pytest.param(json.dumps(json.dumps("😀é")), "😀é", id="beyond ASCII"),
    ],
)
async def test_an_input_reaches_the_orchestrator(served, body, seen):
    _, client = served
    answer = await client.post(f"{PREFIX}/orchestrators/echo?timeout=10", data=body)
    assert answer.status == 200
    assert json.loads(await answer.text()) == seen


async def test_an_array_is_accepted_but_the_sdk_cannot_read_it_as_on_azure(served):
    _, client = served
    answer = await client.post(f"{PREFIX}/orchestrators/echo?timeout=10", data="[1]")
    status = await answer.json()
    assert status["runtimeStatus"] == "Failed"
    assert status["input"] == [1]
    assert "must be str, bytes or bytearray, not list" in status["output"]


async def test_a_second_start_under_the_id_of_an_unfinished_instance_is_409(served):
    bench, client = served
    assert (await client.post(f"{PREFIX}/orchestrators/waiter/one")).status == 202
    assert (await client.post(f"{PREFIX}/orchestrators/waiter/one")).status == 409
    await client.post(f"{PREFIX}/instances/one/raiseEvent/Go", json="1")
    await bench.result("one")
    assert (await client.post(f"{PREFIX}/orchestrators/waiter/one")).status == 202
    state = await bench.until("one", lambda state: state.status == "Running")
    assert state.output is None


async def test_create_and_wait_gives_up_with_the_check_status_object(served):
    _, client = served
    answer = await client.post(f"{PREFIX}/orchestrators/waiter/one?timeout=0.05&pollingInterval=1")
    assert answer.status == 202
    assert (await answer.json())["id"] == "one"


async def test_the_status_object_has_exactly_the_documented_keys(served):
    bench, client = served
    await bench.result(await bench.start("echo", {"x": 1}, "one"))
    answer = await client.get(f"{PREFIX}/instances/one")
    body = await answer.json()
    assert answer.status == 200
    assert datetime.fromisoformat(body.pop("createdTime")) <= datetime.fromisoformat(body.pop("lastUpdatedTime"))
    assert body == {
        "name": "echo",
        "instanceId": "one",
        "runtimeStatus": "Completed",
        "input": '{"x": 1}',
        "customStatus": None,
        "output": {"x": 1},
    }


async def test_an_unfinished_instance_answers_202_and_an_unknown_one_404_without_a_body(served):
    bench, client = served
    await bench.start("waiter", None, "one")
    running = await client.get(f"{PREFIX}/instances/one?showInput=False")
    assert (running.status, running.headers["Retry-After"]) == (202, "5")
    assert running.headers["Location"].startswith(f"http://{client.host}:{client.port}{PREFIX}/instances/one?")
    unknown = await client.get(f"{PREFIX}/instances/two")
    assert (unknown.status, await unknown.read()) == (404, b"")


async def test_a_failed_instance_answers_500_only_if_asked_to(served):
    bench, client = served
    await bench.result(await bench.start("fails", None, "one"))
    plain = await client.get(f"{PREFIX}/instances/one")
    assert (plain.status, (await plain.json())["output"]) == (
        200,
        "Orchestrator function 'fails' failed: ValueError: no luck",
    )
    assert (await client.get(f"{PREFIX}/instances/one?returnInternalServerErrorOnFailure=true")).status == 500


async def test_the_history_tells_what_was_scheduled_with_how_it_ended(app, open_client):
    app.activities["hello"] = lambda name: f"Hello {name}"

    def orchestrator(context):
        result = yield context.call_activity("hello", "you")
        yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=20))
        return result

    app.orchestrators["greet"] = orchestrator
    bench, client = await open_client(app)
    await bench.result(await bench.start("greet", 7, "one"))
    full = await (await client.get(f"{PREFIX}/instances/one?showHistory=true&showHistoryOutput=true")).json()
    shown = [{k: v for k, v in e.items() if not k.endswith("Time") and k != "Timestamp"} for e in full["historyEvents"]]
    assert [e.pop("FireAt", None) is not None for e in shown] == [False, False, True, False]
    assert shown == [
        {"EventType": "ExecutionStarted", "FunctionName": "greet", "Input": "7"},
        {"EventType": "TaskCompleted", "FunctionName": "hello", "Input": ['"you"'], "Result": "Hello you"},
        {"EventType": "TimerFired"},
        {
            "EventType": "ExecutionCompleted",
            "OrchestrationStatus": "Completed",
            "Result": "Hello you",
            "FailureDetails": None,
        },
    ]
    bare = await (await client.get(f"{PREFIX}/instances/one?showHistory=True&showInput=false")).json()
    assert all("Input" not in e and "Result" not in e for e in bare["historyEvents"])


async def test_pages_are_walked_with_the_token_and_miss_nothing(served):
    bench, client = served
    for number in range(7):
        await bench.start("waiter", None, f"w-{number}")
    for number in range(3):
        await bench.result(await bench.start("echo", None, f"e-{number}"))
    found, token = [], ""
    while True:
        answer = await client.get(
            f"{PREFIX}/instances/?top=3&runtimeStatus=Running,Pending", headers={"x-ms-continuation-token": token}
        )
        page = await answer.json()
        assert len(page) <= 3
        found += [state["instanceId"] for state in page]
        token = answer.headers["x-ms-continuation-token"]
        if not token:
            break
    assert found == [f"w-{number}" for number in range(7)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", ["a-1", "a-2", "b-1"], id="all"),
        pytest.param("?instanceIdPrefix=a-", ["a-1", "a-2"], id="prefix"),
        pytest.param("?runtimeStatus=completed", ["a-2"], id="one status, any case"),
        pytest.param("?runtimeStatus=Completed&runtimeStatus=Failed", ["a-2", "b-1"], id="several statuses"),
        pytest.param("?createdTimeFrom=2999-01-01T00:00:00Z", [], id="from"),
        pytest.param("?createdTimeTo=2999-01-01T00:00:00.000000Z", ["a-1", "a-2", "b-1"], id="to"),
        pytest.param("?createdTimeTo=2001-01-01T00:00:00%2B02:00", [], id="with an offset"),
    ],
)
async def test_filters_choose_instances(served, query, expected):
    bench, client = served
    await bench.start("waiter", None, "a-1")
    await bench.result(await bench.start("echo", None, "a-2"))
    await bench.result(await bench.start("fails", None, "b-1"))
    answer = await client.get(f"{PREFIX}/instances{query}")
    assert [state["instanceId"] for state in await answer.json()] == expected


@pytest.mark.parametrize("query", ["runtimeStatus=Sleeping", "createdTimeFrom=yesterday", "top=-1", "top=many"])
async def test_a_query_that_is_not_understood_is_400(served, query):
    _, client = served
    assert (await client.get(f"{PREFIX}/instances?{query}")).status == 400


@pytest.mark.parametrize("action", ["raiseEvent/Go", "terminate?reason=x", "suspend", "resume", "rewind"])
async def test_steering_answers_404_for_unknown_and_410_for_finished_instances(served, action):
    bench, client = served
    await bench.result(await bench.start("echo", None, "done"))
    answers = [await client.post(f"{PREFIX}/instances/{name}/{action}", json=None) for name in ("nobody", "done")]
    if action.startswith("raiseEvent"):
        answers = [await client.post(f"{PREFIX}/instances/{name}/{action}", json="1") for name in ("nobody", "done")]
    assert [answer.status for answer in answers] == [404, 410]


async def test_an_event_must_be_json(served):
    bench, client = served
    await bench.start("waiter", None, "one")
    url = f"{PREFIX}/instances/one/raiseEvent/Go"
    assert (await client.post(url, data="1", headers={"Content-Type": "text/plain"})).status == 400
    assert (await client.post(url, data="{", headers={"Content-Type": "application/json"})).status == 400
    assert (await client.post(url, json=json.dumps({"ok": True}))).status == 202
    assert json.loads((await bench.result("one")).output) == '{"ok": true}'


async def test_terminating_keeps_the_reason_as_output(served):
    bench, client = served
    await bench.start("waiter", None, "one")
    assert (await client.post(f"{PREFIX}/instances/one/terminate?reason=not%20needed")).status == 202
    await bench.result("one")
    body = await (await client.get(f"{PREFIX}/instances/one")).json()
    assert (body["runtimeStatus"], body["output"]) == ("Terminated", "not needed")


async def test_a_suspended_instance_holds_its_events_until_it_is_resumed(served):
    bench, client = served
    await bench.start("waiter", None, "one")
    await client.post(f"{PREFIX}/instances/one/suspend?reason=lunch")
    await bench.until("one", lambda state: state.status == "Suspended")
    await client.post(f"{PREFIX}/instances/one/raiseEvent/Go", json="7")
    answer = await client.get(f"{PREFIX}/instances/one")
    assert (answer.status, (await answer.json())["runtimeStatus"]) == (202, "Suspended")
    assert (await client.post(f"{PREFIX}/instances/one/resume?reason=back")).status == 202
    assert json.loads((await bench.result("one")).output) == "7"


async def test_a_restart_runs_the_same_input_under_a_new_or_the_old_id(served):
    bench, client = served
    await bench.result(await bench.start("echo", {"x": 1}, "one"))
    fresh = await (await client.post(f"{PREFIX}/instances/one/restart")).json()
    assert fresh["id"] != "one"
    again = await (await client.post(f"{PREFIX}/instances/one/restart?restartWithNewInstanceId=false")).json()
    assert again["id"] == "one"
    for instance_id in (fresh["id"], "one"):
        assert json.loads((await bench.result(instance_id)).output) == {"x": 1}
    assert (await client.post(f"{PREFIX}/instances/nobody/restart")).status == 400


async def test_purging_deletes_finished_instances_only(served):
    bench, client = served
    await bench.start("waiter", None, "busy")
    await bench.result(await bench.start("echo", None, "done"))
    assert (await client.delete(f"{PREFIX}/instances/busy")).status == 404
    answer = await client.delete(f"{PREFIX}/instances/done")
    assert (answer.status, await answer.json()) == (200, {"instancesDeleted": 1})
    assert (await client.delete(f"{PREFIX}/instances/done")).status == 404
    assert (await client.get(f"{PREFIX}/instances/done")).status == 404


async def test_purging_by_time_needs_a_beginning_and_counts(served):
    bench, client = served
    for number in range(5):
        await bench.result(await bench.start("echo", None, f"done-{number}"))
    await bench.result(await bench.start("fails", None, "failed"))
    await bench.start("waiter", None, "busy")
    assert (await client.delete(f"{PREFIX}/instances")).status == 400
    url = f"{PREFIX}/instances/?createdTimeFrom=2001-01-01T00:00:00Z"
    assert await (await client.delete(f"{url}&runtimeStatus=Completed")).json() == {"instancesDeleted": 5}
    assert (await client.delete(f"{url}&runtimeStatus=Completed")).status == 404
    assert await (await client.delete(url)).json() == {"instancesDeleted": 1}
    assert [s["instanceId"] for s in await (await client.get(f"{PREFIX}/instances")).json()] == ["busy"]


async def test_entities_are_signalled_read_listed_and_deleted(served):
    bench, client = served
    url = f"{PREFIX}/entities/Counter/a"
    assert (await client.get(url)).status == 404
    for _ in range(3):
        assert (await client.post(f"{url}?op=add", json="5")).status == 202
    await bench.until("@counter@a", lambda state: '"15"' in (state.input or ""))
    answer = await client.get(url)
    assert (answer.status, await answer.json()) == (200, 15)
    assert (await client.post(f"{PREFIX}/entities/counter/$?op=add", json="1")).status == 202
    await bench.until("@counter@", lambda state: '"1"' in (state.input or ""))
    listed = await (await client.get(f"{PREFIX}/entities/counter?fetchState=true")).json()
    assert [(e["entityId"], e["state"]) for e in listed] == [
        ({"name": "counter", "key": ""}, 1),
        ({"name": "counter", "key": "a"}, 15),
    ]
    assert datetime.fromisoformat(listed[0]["lastOperationTime"]) <= datetime.now(UTC)
    assert (await client.delete(url)).status == 202
    async with asyncio.timeout(10):
        while (await client.get(url)).status != 404:  # noqa: ASYNC110  (polling is what clients do)
            await asyncio.sleep(0.005)
    assert (await client.post(f"{PREFIX}/entities/nothing/a?op=add", json="5")).status == 400


async def test_entities_page_by_token(served):
    bench, client = served
    for key in "abcde":
        await client.post(f"{PREFIX}/entities/counter/{key}?op=add", json="1")
        await bench.until(f"@counter@{key}", lambda state: state.input is not None)
    found, token = [], ""
    while True:
        answer = await client.get(f"{PREFIX}/entities?top=2", headers={"x-ms-continuation-token": token})
        found += [entity["entityId"]["key"] for entity in await answer.json()]
        token = answer.headers["x-ms-continuation-token"]
        if not token:
            break
    assert found == list("abcde")


async def test_a_large_input_and_output_pass(served):
    _, client = served
    text = "x" * (16 * 1024 * 1024)
    answer = await client.post(f"{PREFIX}/orchestrators/echo?timeout=60", data=json.dumps(json.dumps(text)))
    assert answer.status == 200
    assert len(await answer.json()) == len(text)
