"""The replay: actions and a history in, decisions out. Written as tables; ids are what matters."""

import json

import pytest

from local_azure.functions_host.durable import history as h
from local_azure.functions_host.durable.decisions import (
    HTTP_ACTIVITY,
    Complete,
    ContinueAsNew,
    CreateSubOrchestration,
    CreateTimer,
    Fail,
    ScheduleActivity,
    SendEvent,
)
from local_azure.functions_host.durable.wire import NonDeterminismError
from local_azure.functions_host.durable.wire_v1.answer import Answer
from local_azure.functions_host.durable.wire_v1.replay import replay

T0, T1, T2 = (f"2030-01-01T00:00:0{second}.000000Z" for second in range(3))
LATER = "2031-01-01T00:00:00.000000Z"
BEGIN = [h.orchestrator_started(T0), {"EventType": h.EXECUTION_STARTED, "EventId": -1}]


def act(name="work", text='"x"'):
    return {"actionType": 0, "functionName": name, "input": text}


def retry(name="work", attempts=2, interval_ms=1000):
    options = {"firstRetryIntervalInMilliseconds": interval_ms, "maxNumberOfAttempts": attempts}
    return {"actionType": 1, "functionName": name, "input": '"x"', "retryOptions": options}


def timer(*, cancelled=False):
    return {"actionType": 5, "fireAt": LATER, "isCanceled": cancelled}


def event(name):
    return {"actionType": 6, "externalEventName": name, "reason": "ExternalEvent"}


def any_of(*members):
    return {"actionType": 11, "compoundActions": list(members)}


def all_of(*members):
    return {"actionType": 12, "compoundActions": list(members)}


def entity(kind, operation="add"):
    return {"actionType": kind, "instanceId": "@counter@a", "operation": operation, "input": "5"}


def scheduled(task_id, name="work"):
    return h.task_scheduled(task_id, name, '["\\"x\\""]', T0)


def created(task_id):
    return h.timer_created(task_id, LATER, T0)


def completed(task_id):
    return h.task_completed(task_id, "1", T1)


def failed(task_id):
    return h.task_failed(task_id, "no", "", T1)


def fired(task_id):
    return h.timer_fired(task_id, T1)


def raised(name):
    return h.event_raised(name, "1", T1)


def turn(*events, at=T1):
    return [h.orchestrator_started(at), *events]


FAILED_AND_PAUSED = [
    *(scheduled(0), *turn(failed(0))),
    *(h.timer_created(1, T2, T1), *turn(fired(1), at=T2)),
]
FAILED_TWICE = [*FAILED_AND_PAUSED, scheduled(2), *turn(failed(2), at=T2)]
RACE_WITH_A_RETRY = [
    *(scheduled(0, "a"), created(1), *turn(failed(0))),
    *(h.timer_created(2, T2, T1), *turn(fired(2), at=T2)),
    *(scheduled(3, "a"), *turn(completed(3), at=T2)),
]


def run(actions, events, *, done=False, output=None, error=None):
    answer = Answer(tuple(actions), done, output, error)
    return replay(answer, [*BEGIN, *events], instance_id="one", execution_id="exec")


@pytest.mark.parametrize(
    ("actions", "events", "expected"),
    [
        pytest.param([act("a"), act("b")], [], [(0, "a")], id="the second waits for the first"),
        pytest.param(
            [act("a"), act("b")], [scheduled(0, "A"), *turn(completed(0))], [(1, "b")], id="names differ only in case"
        ),
        pytest.param([act("a"), act("b")], [scheduled(0, "a"), *turn(failed(0))], [(1, "b")], id="failures go on too"),
        pytest.param([act("a")], [scheduled(0, "a"), *turn(completed(0), completed(0))], [], id="a duplicate"),
        pytest.param([act("a")], [scheduled(0, "a"), *turn(completed(7))], [], id="a completion of nothing"),
        pytest.param([event("e"), act("a")], [], [], id="an event takes no id"),
        pytest.param([event("e"), act("a")], turn(raised("E")), [(0, "a")], id="event names have no case"),
        pytest.param([act("a"), event("e"), act("b")], [scheduled(0, "a"), *turn(raised("e"))], [], id="buffered"),
        pytest.param(
            [act("a"), event("e"), act("b")],
            [scheduled(0, "a"), *turn(raised("e"), completed(0))],
            [(1, "b")],
            id="a later wait takes from the buffer",
        ),
        pytest.param([all_of(act("a"), act("b")), act("c")], [], [(0, "a"), (1, "b")], id="all are scheduled at once"),
        pytest.param(
            [all_of(act("a"), act("b")), act("c")],
            [scheduled(0, "a"), scheduled(1, "b"), *turn(failed(0))],
            [],
            id="all waits for everyone, also after a failure",
        ),
        pytest.param(
            [all_of(act("a"), act("b")), act("c")],
            [scheduled(0, "a"), scheduled(1, "b"), *turn(failed(0), completed(1))],
            [(2, "c")],
            id="all goes on after the last",
        ),
        pytest.param(
            [any_of(act("a"), act("b")), act("c")],
            [scheduled(0, "a"), scheduled(1, "b"), *turn(completed(1))],
            [(2, "c")],
            id="any goes on after the first",
        ),
        pytest.param(
            [any_of(act("a"), event("e")), act("c")],
            [scheduled(0, "a"), *turn(raised("e"))],
            [(1, "c")],
            id="any is won by an event",
        ),
        pytest.param(
            [any_of(event("n"), all_of(act("a"), act("b"))), act("c")],
            [scheduled(0, "a"), scheduled(1, "b"), *turn(completed(0), completed(1))],
            [(2, "c")],
            id="groups in groups",
        ),
        pytest.param([all_of(), act("c")], [], [(0, "c")], id="an empty all is over at once"),
        pytest.param([any_of(), act("c")], [], [(0, "c")], id="an empty any is over at once"),
        pytest.param(
            [all_of(act("a"), timer(cancelled=True)), act("c")],
            [scheduled(0, "a"), created(1), *turn(completed(0))],
            [(2, "c")],
            id="all does not wait for a cancelled timer",
        ),
        pytest.param(
            [any_of(retry("a"), timer(cancelled=True)), act("c")],
            RACE_WITH_A_RETRY,
            [(4, "c")],
            id="a cancelled timer does not win, or ids would run ahead of the SDK's",
        ),
        pytest.param(
            [event("e"), event("e"), act("c")], turn(raised("e"), raised("e")), [(0, "c")], id="two waits, two events"
        ),
    ],
)
def test_activities_are_scheduled_under_the_ids_that_the_sdk_counts(actions, events, expected):
    outcome = run(actions, events)
    assert outcome.decisions == tuple(ScheduleActivity(task_id, name, '"x"') for task_id, name in expected)
    assert outcome.completion is None


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], ScheduleActivity(0, "work", '"x"'), id="first attempt"),
        pytest.param([scheduled(0), *turn(failed(0))], CreateTimer(1, T2), id="a pause"),
        pytest.param(
            FAILED_AND_PAUSED,
            ScheduleActivity(2, "work", '"x"'),
            id="second attempt",
        ),
        pytest.param(
            FAILED_TWICE,
            CreateTimer(3, T2),
            id="the timer after the last failure fires at once",
        ),
        pytest.param(
            [*FAILED_TWICE, h.timer_created(3, T2, T2), *turn(fired(3), at=T2)],
            ScheduleActivity(4, "next", '"x"'),
            id="and only then it goes on",
        ),
        pytest.param([scheduled(0), *turn(completed(0))], ScheduleActivity(1, "next", '"x"'), id="success at once"),
    ],
)
def test_a_retry_takes_its_ids_one_after_the_other(events, expected):
    assert run([all_of(retry()), act("next")], events).decisions == (expected,)


@pytest.mark.parametrize(
    ("actions", "events", "completion"),
    [
        pytest.param([], [], Complete('"out"'), id="nothing was asked for"),
        pytest.param([act()], [scheduled(0)], None, id="an activity is open"),
        pytest.param([act()], [scheduled(0), *turn(completed(0))], Complete('"out"'), id="the activity ended"),
        pytest.param([any_of(timer(), event("e"))], [created(0), *turn(raised("e"))], None, id="a timer is open"),
        pytest.param(
            [any_of(timer(cancelled=True), event("e"))],
            [created(0), *turn(raised("e"))],
            Complete('"out"'),
            id="a cancelled timer is not open",
        ),
        pytest.param(
            [any_of(timer(), event("e"))],
            [created(0), *turn(raised("e")), *turn(fired(0))],
            Complete('"out"'),
            id="the timer fired at last",
        ),
        pytest.param([any_of(event("a"), event("b"))], turn(raised("a")), Complete('"out"'), id="a wait is not open"),
        pytest.param([entity(9)], [], Complete('"out"'), id="a signal is not open"),
    ],
)
def test_an_orchestration_completes_only_when_nothing_is_open(actions, events, completion):
    assert run(actions, events, done=True, output='"out"').completion == completion


def test_a_failure_still_schedules_what_was_asked_for_and_waits_for_it():
    assert run([act()], [], error="no luck").completion is None
    ended = [scheduled(0), *turn(completed(0))]
    assert run([act()], ended, error="no luck").completion == Fail("no luck")


def test_continuing_as_new_carries_only_the_events_after_it():
    events = turn(raised("early"), raised("go"), late := raised("late"))
    outcome = run([event("go"), {"actionType": 4, "input": '{"n": 1}'}], events, done=True)
    assert outcome.completion == ContinueAsNew(json.dumps('{"n": 1}'), (late,))


def test_a_failure_after_continue_as_new_is_a_failure():
    outcome = run([{"actionType": 4, "input": "1"}], [], error="no luck")
    assert outcome.completion == Fail("no luck")


def test_an_entity_call_sends_a_request_and_waits_for_the_event_of_its_id():
    (sent,) = run([entity(7), act()], []).decisions
    assert isinstance(sent, SendEvent)
    request = json.loads(sent.input)
    assert (sent.target, sent.name) == ("@counter@a", "op")
    assert {**request, "id": ""} == {
        "op": "add",
        "signal": False,
        "input": '"5"',
        "id": "",
        "parent": "one",
        "parentExecution": "exec",
    }
    answered = [h.event_sent(0, sent.target, "op", sent.input, T0), *turn(raised(request["id"]))]
    assert run([entity(7), act()], answered).decisions == (ScheduleActivity(1, "work", '"x"'),)


def test_signals_take_ids_but_are_not_waited_for():
    outcome = run([entity(9), entity(9), act()], [])
    assert [decision.id for decision in outcome.decisions] == [0, 1, 2]
    ids = {json.loads(decision.input)["id"] for decision in outcome.decisions[:2]}
    assert len(ids) == 2


def test_children_and_http_calls_are_asked_for_as_the_action_says():
    child = {"actionType": 2, "functionName": "child", "input": '{"n": 1}', "instanceId": None, "version": "2"}
    named = {"actionType": 2, "functionName": "child", "input": "null", "instanceId": "me", "version": None}
    call = {"actionType": 8, "httpRequest": {"method": "GET", "uri": "http://x"}}
    assert run([all_of(child, named, call)], []).decisions == (
        CreateSubOrchestration(0, "child", json.dumps('{"n": 1}'), None, "2"),
        CreateSubOrchestration(1, "child", '"null"', "me", None),
        ScheduleActivity(2, HTTP_ACTIVITY, '{"method":"GET","uri":"http://x"}'),
    )


@pytest.mark.parametrize(
    ("actions", "events", "says"),
    [
        pytest.param([act("new")], [scheduled(0, "old")], ["event 0 (ScheduleActivity old)", "new"], id="other name"),
        pytest.param([timer()], [scheduled(0, "old")], ["(ScheduleActivity old)", "CreateTimer"], id="other kind"),
        pytest.param([], [scheduled(0, "old")], ["(ScheduleActivity old)", "schedules nothing"], id="nothing there"),
        pytest.param([act("a")], [created(0)], ["(CreateTimer)", "ScheduleActivity a"], id="a timer was there"),
    ],
)
def test_changed_code_is_found_out_by_the_event_that_does_not_fit(actions, events, says):
    with pytest.raises(NonDeterminismError) as caught:
        run(actions, events)
    assert all(text in str(caught.value) for text in says)
