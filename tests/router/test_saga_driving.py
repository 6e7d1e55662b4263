"""The one orchestrator, driven turn by turn through the SDK's own replay, as a Functions host does."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from azure.durable_functions.orchestrator import Orchestrator

from router_app.durable.driving import change_table_once, drive_saga
from router_app.durable.steps import encode_next
from version_registry.sagas import Effect, Finish, Next, Renew, Sleep, TableOperation, WaitFor

STATE = {"application": "orders"}
ACTIVITY_WITH_RETRY, CONTINUE_AS_NEW, TIMER, EVENT, ENTITY, WHEN_ANY, WHEN_ALL = 1, 4, 5, 6, 7, 11, 12


class Host:
    """Holds a history, lets the orchestrator replay it, and completes what it asked for."""

    def __init__(self, orchestrator, input_):
        self.run = Orchestrator.create(orchestrator)
        self.input = input_
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.history = []
        self.ids = 0
        self.entity_calls = 0
        self._begin_turn()
        self._add(0, Name="run_saga", Version="", Input=json.dumps(input_))

    def turn(self):
        """Replay and return the answer; what is waited for is the last action."""
        request = {
            "history": self.history,
            "input": self.input,
            "instanceId": "saga-1",
            "parentInstanceId": None,
            "isReplaying": False,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
        }
        return json.loads(self.run(json.dumps(request)))

    def complete_activity(self, result):
        task = self._next_id()
        self._add(4, task, Name="advance_saga")
        self._begin_turn()
        self._add(5, TaskScheduledId=task, Result=json.dumps(result))

    def fail_activity(self):
        """One attempt fails, and the timer before the next has fired."""
        task, timer = self._next_id(), self._next_id()
        self._add(4, task, Name="advance_saga")
        self._begin_turn()
        self._add(6, TaskScheduledId=task, Reason="the host died", Details="")
        self._add(10, timer, FireAt=self._time())
        self._begin_turn()
        self._add(11, TimerId=timer, FireAt=self._time())

    def complete_entity(self, result):
        task = self._next_id()
        self.entity_calls += 1
        request = f"request-{self.entity_calls}"
        self._add(14, task, Name="op", InstanceId="@routing_table@orders", Input=json.dumps({"id": request}))
        self._begin_turn()
        self._add(15, Name=request, Input=json.dumps({"result": json.dumps(result)}))

    def open_timer(self):
        timer = self._next_id()
        self._add(10, timer, FireAt=self._time())
        return timer

    def fire(self, timer):
        self._begin_turn()
        self._add(11, TimerId=timer, FireAt=self._time())

    def raise_event(self, name):
        self._begin_turn()
        self._add(15, Name=name, Input="{}")

    def _begin_turn(self):
        self.now += timedelta(seconds=1)
        for event in self.history:
            event["IsPlayed"] = True
        if self.history:
            self._add(13)
        self._add(12)

    def _next_id(self):
        self.ids += 1
        return self.ids - 1

    def _add(self, kind, event_id=-1, **keys):
        base = {"EventType": kind, "EventId": event_id, "IsPlayed": False, "Timestamp": self._time()}
        self.history.append({**base, **keys})

    def _time(self):
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def planned(step, progress=""):
    return encode_next(Next(step, STATE, progress))


def last(answer):
    return answer["actions"][0][-1]


def activity(answer):
    """The activity call inside a retry's wrapping."""
    action = last(answer)
    assert action["actionType"] == WHEN_ALL
    (call,) = action["compoundActions"]
    assert (call["actionType"], call["functionName"]) == (ACTIVITY_WITH_RETRY, "advance_saga")
    return json.loads(call["input"])


@pytest.fixture
def host():
    return Host(drive_saga, {"kind": "deploy_release", "state": STATE})


def test_a_saga_begins_by_asking_its_planner(host):
    answer = host.turn()
    assert activity(answer) == {"kind": "deploy_release", "state": STATE, "outcome": None}
    assert not answer["isDone"]


def test_an_effect_is_executed_by_the_activity_that_also_plans_what_follows(host):
    host.complete_activity(planned(Effect("ensure_app", {"line": "1.0"}), "making the app"))
    answer = host.turn()
    assert activity(answer) == {
        "kind": "deploy_release",
        "state": STATE,
        "effect": {"name": "ensure_app", "args": {"line": "1.0"}},
    }
    assert answer["customStatus"] == {"progress": "making the app"}


def test_a_table_operation_goes_to_the_applications_entity_and_its_outcome_to_the_planner(host):
    host.complete_activity(planned(TableOperation("begin_deploy", {"version": "1.0.0"})))
    called = last(host.turn())
    assert (called["actionType"], called["instanceId"], called["operation"]) == (
        ENTITY,
        "@routing_table@orders",
        "begin_deploy",
    )
    assert json.loads(called["input"]) == {"version": "1.0.0"}
    host.complete_entity({"granted": True, "line": "1.0"})
    assert activity(host.turn())["outcome"] == {"granted": True, "line": "1.0"}


def test_a_sleep_is_a_durable_timer(host):
    host.complete_activity(planned(Sleep(90)))
    timer = last(host.turn())
    assert timer["actionType"] == TIMER
    due = datetime.strptime(timer["fireAt"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert due == host.now + timedelta(seconds=90)
    host.fire(host.open_timer())
    assert activity(host.turn())["outcome"] == {}


@pytest.mark.parametrize("woken", [True, False], ids=["woken", "timed out"])
def test_a_wait_ends_with_its_event_or_its_time(host, woken):
    host.complete_activity(planned(WaitFor("line_free", 60)))
    waiting = last(host.turn())
    assert waiting["actionType"] == WHEN_ANY
    assert [action["actionType"] for action in waiting["compoundActions"]] == [EVENT, TIMER]
    timer = host.open_timer()
    if woken:
        host.raise_event("line_free")
    else:
        host.fire(timer)
    answer = host.turn()
    assert activity(answer)["outcome"] == {"woken": woken}
    # The saga could not complete while the timer is open.
    cancelled = answer["actions"][0][1]["compoundActions"][1]["isCanceled"]
    assert cancelled is woken


def test_a_wait_may_be_repeated(host):
    host.complete_activity(planned(WaitFor("line_free", 60)))
    host.fire(host.open_timer())
    host.complete_activity(planned(WaitFor("line_free", 60)))
    host.open_timer()
    host.raise_event("line_free")
    assert activity(host.turn())["outcome"] == {"woken": True}


def test_renewing_carries_the_state_into_a_new_execution(host):
    host.complete_activity(planned(Renew()))
    answer = host.turn()
    assert answer["isDone"]
    assert last(answer)["actionType"] == CONTINUE_AS_NEW
    assert json.loads(last(answer)["input"]) == {"kind": "deploy_release", "state": STATE}


def test_a_finished_saga_returns_its_output(host):
    host.complete_activity(planned(Finish({"line": "1.0"})))
    answer = host.turn()
    assert (answer["isDone"], answer["output"]) == (True, {"line": "1.0"})


def test_a_failed_saga_fails_with_its_message(host):
    host.complete_activity(planned(Finish({"message": "The gate did not open."}, failed=True)))
    with pytest.raises(Exception, match="The gate did not open"):
        host.turn()


def test_a_host_fault_is_tried_again(host):
    host.fail_activity()
    host.complete_activity(planned(Finish({"done": True})))
    assert host.turn()["output"] == {"done": True}


def test_a_change_returns_the_tables_outcome():
    args = {"line": "1.0"}
    host = Host(change_table_once, {"application": "orders", "operation": "promote", "args": args})
    called = last(host.turn())
    assert (called["instanceId"], called["operation"]) == ("@routing_table@orders", "promote")
    host.complete_entity({"granted": False, "code": "not_allowed", "reason": "It is not live."})
    assert host.turn()["output"] == {"granted": False, "code": "not_allowed", "reason": "It is not live."}


def test_sagas_of_an_older_router_replay_on_this_one():
    """A history as the first release wrote it: step kinds and their keys never change."""
    host = Host(drive_saga, {"kind": "retire_line", "state": STATE})
    for step in (
        {"do": "table", "operation": "begin_drain", "args": {}},
        {"do": "sleep", "seconds": 5.0},
        {"do": "effect", "name": "count_unfinished", "args": {}},
        {"do": "finish", "output": {"retired": True}, "failed": False},
    ):
        host.complete_activity({"step": step, "state": STATE, "progress": ""})
        if step["do"] == "table":
            host.complete_entity({"granted": True})
        if step["do"] == "sleep":
            host.fire(host.open_timer())
    assert host.turn()["output"] == {"retired": True}
