"""One turn as pure data: which messages it takes, and what it writes."""

import itertools
import json

import pytest

from local_azure.functions_host.durable import history as h
from local_azure.functions_host.durable.decisions import (
    Complete,
    ContinueAsNew,
    CreateSubOrchestration,
    CreateTimer,
    Fail,
    ScheduleActivity,
    SendEvent,
    TurnOutcome,
)
from local_azure.functions_host.durable.records import ActivityWork, InstanceState, Message, ParentLink, Status
from local_azure.functions_host.durable.turn import TurnContext, close_turn
from local_azure.functions_host.durable.turn_opening import is_due, open_turn

NOW = "2030-01-01T00:00:00.000000Z"
LATER = "2031-01-01T00:00:00.000000Z"
PARENT = ParentLink("mother", "mother-exec", "parent", None, 4)


def an_instance(status=Status.RUNNING, parent=None):
    return InstanceState(1, "one", "exec", "story", None, status, '"in"', None, None, NOW, NOW, parent)


def messages(*events, execution_id=None):
    return [Message(seq, "one", execution_id, event) for seq, event in enumerate(events, 1)]


def context():
    return TurnContext(NOW, itertools.count(100), itertools.count(50), lambda name: name != "nobody", "1.0")


START = {"EventType": h.EXECUTION_STARTED, "EventId": -1}
EVENT = h.event_raised("e", "1", NOW)
SECOND = h.event_raised("f", "2", NOW)
SUSPEND, RESUME = h.execution_suspended("why", NOW), h.execution_resumed("why", NOW)
TERMINATE = h.execution_terminated("enough", NOW)


@pytest.mark.parametrize(
    ("status", "events", "taken", "runs", "ends_suspended"),
    [
        pytest.param(Status.RUNNING, [EVENT, SECOND], [EVENT, SECOND], True, False, id="everything at once"),
        pytest.param(Status.PENDING, [EVENT, START], [START, EVENT], True, False, id="the start comes first"),
        pytest.param(Status.RUNNING, [EVENT, SUSPEND, SECOND], [EVENT, SUSPEND], True, True, id="up to a suspension"),
        pytest.param(Status.RUNNING, [SUSPEND], [SUSPEND], False, True, id="a suspension alone needs no call"),
        pytest.param(Status.SUSPENDED, [EVENT, RESUME], [EVENT, RESUME], True, False, id="resumed with what was held"),
        pytest.param(Status.SUSPENDED, [RESUME], [RESUME], False, False, id="resumed with nothing"),
        pytest.param(Status.SUSPENDED, [RESUME, SUSPEND], [RESUME, SUSPEND], False, True, id="and suspended again"),
        pytest.param(Status.SUSPENDED, [SUSPEND, EVENT, RESUME], [EVENT, SUSPEND, RESUME], True, False, id="twice"),
        pytest.param(Status.RUNNING, [RESUME, EVENT], [EVENT, RESUME], True, False, id="a resumption of nothing"),
    ],
)
def test_a_turn_takes_messages_in_order(status, events, taken, runs, ends_suspended):
    turn = open_turn(an_instance(status), messages(*events), now=NOW, is_first=status is Status.PENDING)
    assert list(turn.events) == [h.orchestrator_started(NOW), *taken]
    assert (turn.runs, turn.ends_suspended, turn.terminated) == (runs, ends_suspended, False)


@pytest.mark.parametrize(
    ("status", "events", "due"),
    [
        pytest.param(Status.RUNNING, [EVENT], True, id="running"),
        pytest.param(Status.RUNNING, [], False, id="nothing to do"),
        pytest.param(Status.SUSPENDED, [EVENT, SUSPEND], False, id="suspended"),
        pytest.param(Status.SUSPENDED, [EVENT, RESUME], True, id="resumed"),
        pytest.param(Status.SUSPENDED, [TERMINATE], True, id="suspended and terminated"),
        pytest.param(Status.PENDING, [EVENT], False, id="an event that overtook the start"),
        pytest.param(Status.PENDING, [EVENT, START], True, id="the start"),
    ],
)
def test_a_mailbox_gives_reason_for_a_turn(status, events, due):
    assert is_due(an_instance(status), messages(*events)) is due


def test_messages_of_another_execution_are_consumed_and_never_seen():
    mailbox = [Message(1, "one", "old", h.task_completed(0, "1", NOW)), Message(2, "one", "exec", EVENT)]
    turn = open_turn(an_instance(), mailbox, now=NOW, is_first=False)
    assert turn.events == (h.orchestrator_started(NOW), EVENT)
    assert [m.seq for m in turn.taken] == [1, 2]
    only_stale = open_turn(an_instance(), mailbox[:1], now=NOW, is_first=False)
    assert (only_stale.events, only_stale.runs, [m.seq for m in only_stale.taken]) == ((), False, [1])


def test_termination_takes_everything_and_tells_the_parent():
    state = an_instance(Status.SUSPENDED, PARENT)
    turn = open_turn(state, messages(EVENT, TERMINATE, SECOND), now=NOW, is_first=False)
    commit = close_turn(state, turn, TurnOutcome(), context())
    assert (commit.state.status, commit.state.output, commit.consumed) == ("Terminated", '"enough"', (1, 2, 3))
    assert [e["EventType"] for e in commit.appended] == [
        h.ORCHESTRATOR_STARTED,
        h.EXECUTION_TERMINATED,
        h.EXECUTION_COMPLETED,
        h.ORCHESTRATOR_COMPLETED,
    ]
    assert commit.messages == (Message(100, "mother", "mother-exec", h.sub_failed(4, "enough", NOW)),)


def closed(outcome, state=None, events=(EVENT,)):
    state = state or an_instance()
    turn = open_turn(state, messages(*events), now=NOW, is_first=False)
    return close_turn(state, turn, outcome, context())


def test_decisions_become_events_in_id_order_and_work():
    request = json.dumps({"op": "add", "id": "r", "due": LATER})
    commit = closed(
        TurnOutcome(
            (
                ScheduleActivity(0, "work", '"x"'),
                CreateTimer(1, LATER),
                SendEvent(2, "@counter@a", "op", request),
                CreateSubOrchestration(3, "child", '"in"'),
                CreateSubOrchestration(4, "nobody", None),
            ),
            custom_status='"busy"',
        )
    )
    assert commit.appended == (
        h.orchestrator_started(NOW),
        EVENT,
        h.task_scheduled(0, "work", '["\\"x\\""]', NOW),
        h.timer_created(1, LATER, NOW),
        h.event_sent(2, "@counter@a", "op", request, NOW),
        h.sub_created(3, "child", "1.0", "exec:3", '"in"', NOW),
        h.sub_created(4, "nobody", "1.0", "exec:4", None, NOW),
        h.orchestrator_completed(NOW),
    )
    assert commit.activities == (ActivityWork(100, "one", "exec", 0, "work", '"x"'),)
    timer, operation, refusal = commit.messages
    assert timer == Message(101, "one", "exec", h.timer_fired(1, LATER), due=LATER)
    assert (operation.instance_id, operation.execution_id, operation.due) == ("@counter@a", None, LATER)
    assert refusal.event["TaskScheduledId"] == 4
    (child,) = commit.children
    assert (child.state.id, child.state.parent) == ("exec:3", ParentLink("one", "exec", "story", None, 3))
    assert (commit.state.status, commit.state.custom_status) == ("Running", '"busy"')


@pytest.mark.parametrize(
    ("completion", "status", "output", "told"),
    [
        pytest.param(Complete('{"a":1}'), "Completed", '{"a":1}', h.sub_completed(4, '{"a":1}', NOW), id="completed"),
        pytest.param(Complete(None), "Completed", None, h.sub_completed(4, None, NOW), id="completed with nothing"),
        pytest.param(
            Fail("Boom"),
            "Failed",
            json.dumps("Orchestrator function 'story' failed: Boom"),
            h.sub_failed(4, "Orchestrator function 'story' failed: Boom", NOW),
            id="failed",
        ),
    ],
)
def test_the_end_is_recorded_and_told(completion, status, output, told):
    commit = closed(TurnOutcome(completion=completion), an_instance(parent=PARENT))
    assert (commit.state.status, commit.state.output) == (status, output)
    assert commit.appended[-2] == h.execution_completed(status, output, NOW)
    assert [m.event for m in commit.messages] == [told]


def test_continuing_as_new_keeps_carried_events_in_the_inbox_under_their_numbers():
    state = an_instance(parent=PARENT)
    turn = open_turn(state, messages(EVENT, SECOND), now=NOW, is_first=False)
    carried = next(e for e in turn.events if e is SECOND)
    outcome = TurnOutcome((CreateTimer(0, LATER),), ContinueAsNew('"next"', (carried,)), '"again"')
    commit = close_turn(state, turn, outcome, context())
    assert commit.starts_over
    assert commit.consumed == (1,)
    assert (commit.state.input, commit.state.custom_status, commit.state.status) == ('"next"', '"again"', "Running")
    assert commit.state.execution_id != "exec"
    (start,) = commit.messages
    assert (start.execution_id, start.event["EventType"]) == (commit.state.execution_id, h.EXECUTION_STARTED)
    assert start.event["ParentInstance"]["OrchestrationInstance"]["InstanceId"] == "mother"


def test_the_same_turn_decides_the_same_ids_again():
    outcome = TurnOutcome((CreateSubOrchestration(0, "child", None),), ContinueAsNew(None))
    first, second = closed(outcome), closed(outcome)
    assert first == second
