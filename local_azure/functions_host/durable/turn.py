"""How an orchestrator turn ends, decided without effects: what its outcome changes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import NAMESPACE_OID, uuid5

from local_azure.functions_host.durable import codec, history
from local_azure.functions_host.durable.decisions import (
    HTTP_ACTIVITY,
    Complete,
    ContinueAsNew,
    CreateSubOrchestration,
    CreateTimer,
    Decision,
    Fail,
    ScheduleActivity,
    SendEvent,
    TurnOutcome,
)
from local_azure.functions_host.durable.failures import missing_function, orchestrator_failed
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import (
    ActivityWork,
    InstanceState,
    Message,
    ParentLink,
    Status,
    start_event,
)
from local_azure.functions_host.durable.turn_opening import OpenTurn

CUSTOM_STATUS_LIMIT_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What a turn needs from outside: the moment, fresh numbers, and which orchestrators there are."""

    now: str
    seqs: Iterator[int]
    keys: Iterator[int]
    knows_orchestrator: Callable[[str], bool]
    default_version: str | None = None
    creation_clock: Callable[[], str] | None = None
    """What tells children when they were created; without it the turn's own moment."""


@dataclass(frozen=True, slots=True)
class ChildStart:
    """A sub-orchestration to create, with its first message and the task that waits for it."""

    state: InstanceState
    message: Message


@dataclass(frozen=True, slots=True)
class TurnCommit:
    """Everything that one turn changes; it is written in one transaction."""

    state: InstanceState
    consumed: tuple[int, ...] = ()
    appended: tuple[Event, ...] = ()
    starts_over: bool = False
    """Continue-as-new: the history is dropped first."""
    activities: tuple[ActivityWork, ...] = ()
    messages: tuple[Message, ...] = ()
    children: tuple[ChildStart, ...] = ()


def close_turn(state: InstanceState, turn: OpenTurn, outcome: TurnOutcome, context: TurnContext) -> TurnCommit:
    """Turn an outcome into what is written: history, new work, and the instance's next state."""
    if turn.terminated:
        return _terminate(state, turn, context)
    outcome = _within_limits(outcome)
    commit = _add_work(_next_state(state, turn, outcome, context.now), turn, outcome.decisions, context)
    match outcome.completion:
        case None:
            return commit
        case Complete(output):
            return _finish(commit, Status.COMPLETED, output, context)
        case Fail(reason):
            return _finish(commit, Status.FAILED, codec.dumps(orchestrator_failed(state.name, reason)), context)
        case ContinueAsNew():
            return _start_over(commit, turn, outcome.completion, context)
        case _:
            assert_never(outcome.completion)


def _within_limits(outcome: TurnOutcome) -> TurnOutcome:
    if outcome.custom_status and codec.utf16_size(outcome.custom_status) > CUSTOM_STATUS_LIMIT_BYTES:
        text = "The custom status is too large: its JSON must not exceed 16 KB of UTF-16 text."
        return TurnOutcome(completion=Fail(text))
    return outcome


def _next_state(state: InstanceState, turn: OpenTurn, outcome: TurnOutcome, now: str) -> InstanceState:
    return replace(
        state,
        status=Status.SUSPENDED if turn.ends_suspended else Status.RUNNING,
        custom_status=state.custom_status if outcome.custom_status is None else outcome.custom_status,
        updated_at=now,
        attempts=0,
    )


def _add_work(state: InstanceState, turn: OpenTurn, decisions: Sequence[Decision], context: TurnContext) -> TurnCommit:
    work = _Work(state, context)
    for decision in decisions:
        work.add(decision)
    return TurnCommit(
        state,
        consumed=tuple(m.seq for m in turn.taken),
        appended=(*turn.events, *work.events, history.orchestrator_completed(context.now)),
        activities=tuple(work.activities),
        messages=tuple(work.messages),
        children=tuple(work.children),
    )


class _Work:
    """What decisions come to: an event for the history each, and something to do."""

    def __init__(self, state: InstanceState, context: TurnContext) -> None:
        self._state = state
        self._context = context
        self.events: list[Event] = []
        self.activities: list[ActivityWork] = []
        self.messages: list[Message] = []
        self.children: list[ChildStart] = []

    def add(self, decision: Decision) -> None:
        state, now, seqs = self._state, self._context.now, self._context.seqs
        match decision:
            case ScheduleActivity(task_id, name, text):
                self.events.append(history.task_scheduled(task_id, name, _activity_input(name, text), now))
                self.activities.append(ActivityWork(next(seqs), state.id, state.execution_id, task_id, name, text))
            case CreateTimer(task_id, fire_at):
                self.events.append(history.timer_created(task_id, fire_at, now))
                fired = history.timer_fired(task_id, fire_at)
                self.messages.append(Message(next(seqs), state.id, state.execution_id, fired, due=fire_at))
            case SendEvent(task_id, target, name, text):
                self.events.append(history.event_sent(task_id, target, name, text, now))
                self.messages.append(_operation(target, text, self._context))
            case CreateSubOrchestration():
                self._add_child(decision)
            case _:
                assert_never(decision)

    def _add_child(self, decision: CreateSubOrchestration) -> None:
        child = _child(self._state, decision, self._context)
        self.events.append(_sub_created(child.state, decision.id, self._context.now))
        if self._context.knows_orchestrator(decision.name):
            self.children.append(child)
        else:
            self.messages.append(_unknown_child(self._state, decision, self._context))


def _activity_input(name: str, text: str | None) -> str:
    return f"[{text}]" if name == HTTP_ACTIVITY else codec.dumps([text])


def _operation(target: str, text: str, context: TurnContext) -> Message:
    request = codec.loads(text)
    return Message(next(context.seqs), target, None, request, due=request.get("due"))


def _child(state: InstanceState, decision: CreateSubOrchestration, context: TurnContext) -> ChildStart:
    now = context.creation_clock() if context.creation_clock else context.now
    child = InstanceState(
        key=next(context.keys),
        id=decision.instance_id or f"{state.execution_id}:{decision.id}",
        # A pure function of the parent's turn, so that a repeated turn names the same execution.
        execution_id=uuid5(NAMESPACE_OID, f"{state.execution_id}:{decision.id}").hex,
        name=decision.name,
        version=decision.version or context.default_version,
        status=Status.PENDING,
        input=decision.input,
        output=None,
        custom_status=None,
        created_at=now,
        updated_at=now,
        parent=ParentLink(state.id, state.execution_id, state.name, state.version, decision.id),
    )
    return ChildStart(child, start_message(child, context.seqs))


def start_message(state: InstanceState, seqs: Iterator[int], *, start_at: str | None = None) -> Message:
    """Return the message that starts the execution which `state` describes."""
    return Message(next(seqs), state.id, state.execution_id, start_event(state, start_at), due=start_at)


def _sub_created(child: InstanceState, task_id: int, now: str) -> Event:
    return history.sub_created(task_id, child.name, child.version, child.id, child.input, now)


def _unknown_child(state: InstanceState, decision: CreateSubOrchestration, context: TurnContext) -> Message:
    reason = missing_function(decision.name, "orchestrator")
    event = history.sub_failed(decision.id, reason, context.now)
    return Message(next(context.seqs), state.id, state.execution_id, event)


def _finish(commit: TurnCommit, status: Status, output: str | None, context: TurnContext) -> TurnCommit:
    state = replace(commit.state, status=status, output=output, updated_at=context.now)
    ending = history.execution_completed(status, output, context.now)
    appended = (*commit.appended[:-1], ending, commit.appended[-1])
    messages = (*_for_others(commit), *parent_message(state, context.now, context.seqs))
    return replace(commit, state=state, appended=appended, activities=(), messages=messages)


def _for_others(commit: TurnCommit) -> tuple[Message, ...]:
    """Return the messages that outlive the execution; what is left for itself are cancelled timers."""
    return tuple(m for m in commit.messages if m.instance_id != commit.state.id)


def parent_message(state: InstanceState, now: str, seqs: Iterator[int]) -> tuple[Message, ...]:
    """Return what a finished instance tells its parent, if it has one."""
    parent = state.parent
    if parent is None:
        return ()
    if state.status is Status.COMPLETED:
        event = history.sub_completed(parent.task_id, state.output, now)
    else:
        event = history.sub_failed(parent.task_id, _plain_text(state.output), now)
    return (Message(next(seqs), parent.instance_id, parent.execution_id, event),)


def _plain_text(text: str | None) -> str:
    return "" if text is None else str(codec.loads(text))


def _terminate(state: InstanceState, turn: OpenTurn, context: TurnContext) -> TurnCommit:
    reason = turn.events[-1]["Input"]
    events = (*turn.events, history.orchestrator_completed(context.now))
    commit = TurnCommit(replace(state, attempts=0), tuple(m.seq for m in turn.taken), events)
    return _finish(commit, Status.TERMINATED, None if reason is None else codec.dumps(reason), context)


def _start_over(commit: TurnCommit, turn: OpenTurn, again: ContinueAsNew, context: TurnContext) -> TurnCommit:
    execution_id = uuid5(NAMESPACE_OID, f"{commit.state.execution_id}/next").hex
    state = replace(commit.state, execution_id=execution_id, input=again.input)
    carried = {id(event) for event in again.carried}
    # Events that arrived in this turn stay in the inbox as they are: so they keep their place in the order.
    kept = {m.seq for m in turn.taken if id(m.event) in carried}
    arrived = {id(m.event) for m in turn.taken}
    moved = [Message(next(context.seqs), state.id, None, e) for e in again.carried if id(e) not in arrived]
    return replace(
        commit,
        state=state,
        consumed=tuple(seq for seq in commit.consumed if seq not in kept),
        appended=(),
        starts_over=True,
        messages=(*_for_others(commit), start_message(state, context.seqs), *moved),
    )
