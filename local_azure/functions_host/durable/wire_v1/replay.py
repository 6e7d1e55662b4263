"""A small copy of the durable task framework: walks a history with the SDK's actions and finds what is new.

The 1.x SDK answers with all actions since the start. Their task ids are nowhere written down: both sides count. So this
walk must take ids in exactly the order in which the SDK takes them, event by event.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import NAMESPACE_OID, uuid5

from local_azure.functions_host.durable import codec, history
from local_azure.functions_host.durable.clock import add_milliseconds
from local_azure.functions_host.durable.decisions import (
    HTTP_ACTIVITY,
    Complete,
    Completion,
    ContinueAsNew,
    CreateSubOrchestration,
    CreateTimer,
    Decision,
    Fail,
    ScheduleActivity,
    SendEvent,
    TurnOutcome,
)
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.wire import NonDeterminismError
from local_azure.functions_host.durable.wire_v1.answer import Action, Answer
from local_azure.functions_host.durable.wire_v1.tasks import Pause, Retry, Task, Timer, WhenAll, WhenAny


def replay(answer: Answer, events: Iterable[Event], *, instance_id: str, execution_id: str) -> TurnOutcome:
    """Find what the answer adds to the history, and whether the execution ends; raise NonDeterminismError."""
    walk = _Walk(answer, instance_id, execution_id)
    for event in events:
        walk.take(event)
    return walk.outcome()


class _Walk:
    """The state of one replay."""

    def __init__(self, answer: Answer, instance_id: str, execution_id: str) -> None:
        self._answer = answer
        self._instance_id = instance_id
        self._execution_id = execution_id
        self._now = ""
        self._next_id = 0
        self._next_action = 0
        self._awaited: Task | None = None
        self._decisions: dict[int, Decision] = {}
        self._tasks: dict[int, Task] = {}
        self._open: set[int] = set()
        self._waiters: defaultdict[str, list[Task]] = defaultdict(list)
        self._buffered: defaultdict[str, list[Event]] = defaultdict(list)
        self._completion: Completion | None = None
        self._carried: list[Event] = []

    # -- events ------------------------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """Apply one history event."""
        kind = event["EventType"]
        if kind == history.ORCHESTRATOR_STARTED:
            self._now = event["Timestamp"]
        elif kind == history.EXECUTION_STARTED:
            self._advance()
        elif kind in _SCHEDULED_AS:
            self._confirm(kind, event)
        elif kind in _ENDED_ID_KEY:
            failed = kind in (history.TASK_FAILED, history.SUB_FAILED)
            self._end(event[_ENDED_ID_KEY[kind]], failed=failed)
        elif kind == history.EVENT_RAISED:
            self._raise_event(event)

    def _confirm(self, kind: int, event: Event) -> None:
        """Strike out a decision that the history already holds."""
        task_id = event["EventId"]
        decision = self._decisions.pop(task_id, None)
        expected, name_of = _SCHEDULED_AS[kind]
        recorded = f"{expected.__name__} {event.get('Name') or ''}".strip()
        if decision is None:
            raise NonDeterminismError(_difference(task_id, recorded, "schedules nothing"))
        if not isinstance(decision, expected) or not _same_name(decision, name_of, event):
            wanted = f"{type(decision).__name__} {getattr(decision, 'name', '')}".strip()
            raise NonDeterminismError(_difference(task_id, recorded, f"asks for {wanted}"))

    def _end(self, task_id: int, *, failed: bool) -> None:
        """Resolve a task; ids that nobody waits for are duplicates and are ignored."""
        task = self._tasks.pop(task_id, None)
        if task is None:
            return
        self._open.discard(task_id)
        task.resolve(failed=failed)
        self._advance()

    def _raise_event(self, event: Event) -> None:
        if isinstance(self._completion, ContinueAsNew):
            self._carried.append(event)
            return
        name = str(event["Name"]).lower()
        if waiters := self._waiters.get(name):
            waiters.pop().resolve()
            self._advance()
        else:
            self._buffered[name].append(event)

    # -- the shim ----------------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Perform actions until one has to be waited for."""
        actions = self._answer.actions
        while self._awaited is None or self._awaited.passable:
            if self._next_action == len(actions):
                self._finish()
                return
            action = actions[self._next_action]
            self._next_action += 1
            self._awaited = self._perform(action)

    def _finish(self) -> None:
        if self._completion is not None:
            return
        if self._answer.error is not None:
            self._completion = Fail(self._answer.error)
        elif self._answer.is_done:
            self._completion = Complete(self._answer.output)

    def _perform(self, action: Action) -> Task:
        kind = action["actionType"]
        if kind in (11, 12):
            children = [self._perform(child) for child in action["compoundActions"]]
            return WhenAny(children) if kind == 11 else WhenAll(children)
        if kind in (1, 3):
            return self._retry(action)
        if kind == 6:
            return self._wait_for_event(str(action["externalEventName"]))
        if kind == 4:
            return self._continue_as_new(action)
        return self._schedule(action)

    def _continue_as_new(self, action: Action) -> Task:
        if self._answer.error is not None:
            return Task(done=True)  # the orchestrator raised after it had asked to continue: the failure counts
        self._completion = ContinueAsNew(codec.dumps(action["input"]))
        return Task()

    def _schedule(self, action: Action) -> Task:
        """Take the next id for one action."""
        kind, task_id = action["actionType"], self._take_id()
        if kind in (7, 9, 10):
            return self._send(task_id, action, wants_answer=kind == 7)
        if kind == 5:
            fire_at = str(action["fireAt"])
            return self._decide(CreateTimer(task_id, fire_at), Timer(void=bool(action.get("isCanceled"))))
        if kind in (2, 3):
            return self._decide(_child(task_id, action), Task())
        if kind == 8:
            request = codec.dumps(action["httpRequest"])
            return self._decide(ScheduleActivity(task_id, HTTP_ACTIVITY, request), Task())
        if kind in (0, 1):
            return self._decide(ScheduleActivity(task_id, str(action["functionName"]), action.get("input")), Task())
        raise NonDeterminismError(f"The orchestrator asks for an action of unknown type {kind}")

    def _decide(self, decision: Decision, task: Task) -> Task:
        self._decisions[decision.id] = decision
        self._tasks[decision.id] = task
        if not task.void:
            self._open.add(decision.id)
        return task

    def _retry(self, action: Action) -> Task:
        options = action["retryOptions"]
        interval_ms = options["firstRetryIntervalInMilliseconds"]

        def pause(is_last: bool) -> Task:
            fire_at = self._now if is_last else add_milliseconds(self._now, interval_ms)
            return self._decide(CreateTimer(self._take_id(), fire_at), Pause(is_last=is_last))

        return Retry(int(options["maxNumberOfAttempts"]), lambda: self._schedule(action), pause)

    def _send(self, task_id: int, action: Action, *, wants_answer: bool) -> Task:
        request_id = str(uuid5(NAMESPACE_OID, f"{self._execution_id}/{task_id}"))
        request = {
            "op": action["operation"],
            "signal": not wants_answer,
            "input": None if action.get("input") is None else codec.dumps(action["input"]),
            "id": request_id,
            "parent": self._instance_id,
            "parentExecution": self._execution_id,
        }
        if action.get("fireAt"):
            request["due"] = action["fireAt"]
        target = str(action["instanceId"])
        self._decisions[task_id] = SendEvent(task_id, target, "op", codec.dumps(request))
        return self._wait_for_event(request_id) if wants_answer else Task(done=True)

    def _wait_for_event(self, name: str) -> Task:
        buffered = self._buffered.get(name.lower())
        if buffered:
            buffered.pop(0)
            return Task(done=True)
        task = Task()
        self._waiters[name.lower()].append(task)
        return task

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    # -- the result --------------------------------------------------------------------------------------------------

    def outcome(self) -> TurnOutcome:
        """Return what is left over as new work; the execution ends only when nothing is open."""
        completion = None if self._open else self._completion
        if isinstance(completion, ContinueAsNew):
            completion = ContinueAsNew(completion.input, tuple(self._carried))
        decisions = tuple(self._decisions[task_id] for task_id in sorted(self._decisions))
        awaited = self._awaited if self._completion is None else None
        awaits = None if awaited is None else awaited.needs
        return TurnOutcome(decisions, completion, self._answer.custom_status, awaits or 1)


def _same_name(decision: Decision, name_of: str | None, event: Event) -> bool:
    return name_of is None or str(getattr(decision, name_of)).lower() == str(event.get("Name")).lower()


def _difference(task_id: int, recorded: str, wanted: str) -> str:
    return (
        f"Non-Deterministic workflow detected: the history holds event {task_id} ({recorded}), but there "
        f"the orchestrator now {wanted}. Was its code changed while this instance was running?"
    )


def _child(task_id: int, action: Action) -> CreateSubOrchestration:
    text = action.get("input")
    return CreateSubOrchestration(
        task_id,
        name=str(action["functionName"]),
        # The action's input is JSON text; a child's input is stored like a client's: that text as a JSON string.
        input=None if text is None else codec.dumps(text),
        instance_id=action.get("instanceId") or None,
        version=action.get("version") or None,
    )


_SCHEDULED_AS: dict[int, tuple[type, str | None]] = {
    history.TASK_SCHEDULED: (ScheduleActivity, "name"),
    history.TIMER_CREATED: (CreateTimer, None),
    history.SUB_CREATED: (CreateSubOrchestration, "name"),
    history.EVENT_SENT: (SendEvent, None),
}

_ENDED_ID_KEY = {
    history.TASK_COMPLETED: "TaskScheduledId",
    history.TASK_FAILED: "TaskScheduledId",
    history.SUB_COMPLETED: "TaskScheduledId",
    history.SUB_FAILED: "TaskScheduledId",
    history.TIMER_FIRED: "TimerId",
}
