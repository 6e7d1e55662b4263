"""One orchestrator turn, decided without effects: which messages it takes, and what its outcome changes."""

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

CUSTOM_STATUS_LIMIT_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What a turn needs from outside: the moment, fresh numbers, and which orchestrators there are."""

    now: str
    seqs: Iterator[int]
    keys: Iterator[int]
    knows_orchestrator: Callable[[str], bool]
    default_version: str | None = None


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """The messages of a turn, and the events that they add to the history."""

    taken: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    runs: bool = False
    """Whether the orchestrator function has to be called."""
    ends_suspended: bool = False
    terminated: bool = False


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


# -- opening ---------------------------------------------------------------------------------------------------------


def is_due(state: InstanceState, mailbox: Sequence[Message]) -> bool:
    """Tell whether the mailbox gives reason for a turn; a suspended instance holds all but resume and terminate."""
    if state.status is Status.PENDING:
        # An event may overtake the message that starts the instance.
        return any(_kind(m) in (history.EXECUTION_STARTED, history.EXECUTION_TERMINATED) for m in mailbox)
    if state.status is not Status.SUSPENDED:
        return bool(mailbox)
    return any(_kind(m) in (history.EXECUTION_RESUMED, history.EXECUTION_TERMINATED) for m in mailbox)


def open_turn(state: InstanceState, mailbox: Sequence[Message], *, now: str, is_first: bool) -> OpenTurn:
    """Choose the messages of the next turn and put their events in order."""
    valid = [m for m in mailbox if m.execution_id is None or m.execution_id == state.execution_id]
    stale = tuple(m for m in mailbox if m.execution_id is not None and m.execution_id != state.execution_id)
    opening = history.orchestrator_started(now)
    if terminate := next((m for m in valid if _kind(m) == history.EXECUTION_TERMINATED), None):
        return OpenTurn(tuple(mailbox), (opening, terminate.event), terminated=True)
    if not is_due(state, valid):
        return OpenTurn(stale)
    taken, ends_suspended = _take_until_suspended(valid, suspended=state.status is Status.SUSPENDED)
    events = [m.event for m in taken if _kind(m) not in _CONTROL]
    if is_first:
        events.sort(key=lambda event: event["EventType"] != history.EXECUTION_STARTED)
    control = [m.event for m in taken if _kind(m) in _CONTROL]
    # The SDK wants ExecutionStarted second in the history, so pauses are noted after what they came with.
    return OpenTurn((*stale, *taken), (opening, *events, *control), bool(events), ends_suspended)


_CONTROL = (history.EXECUTION_SUSPENDED, history.EXECUTION_RESUMED)


def _kind(message: Message) -> int:
    kind: int = message.event["EventType"]
    return kind


def _take_until_suspended(valid: Sequence[Message], *, suspended: bool) -> tuple[list[Message], bool]:
    """Return the messages up to the first suspension that is in force after them, and whether there is one."""
    queue = list(valid)
    if suspended:
        resume = next(i for i, m in enumerate(queue) if _kind(m) == history.EXECUTION_RESUMED)
        # What was held comes before what came after the resumption; a second suspension meanwhile meant nothing.
        held = [m for m in queue[:resume] if _kind(m) != history.EXECUTION_SUSPENDED]
        redundant = [m for m in queue[:resume] if _kind(m) == history.EXECUTION_SUSPENDED]
        queue = [*held, queue[resume], *queue[resume + 1 :]]
        taken, ends_suspended = _take_until_suspended(queue, suspended=False)
        return [*redundant, *taken], ends_suspended
    for index, message in enumerate(queue):
        if _kind(message) == history.EXECUTION_SUSPENDED:
            return queue[: index + 1], True
    return queue, False


# -- closing ---------------------------------------------------------------------------------------------------------


def close_turn(state: InstanceState, turn: OpenTurn, outcome: TurnOutcome, context: TurnContext) -> TurnCommit:
    """Turn an outcome into what is written: history, new work, and the instance's next state."""
    if turn.terminated:
        return _terminate(state, turn, context)
    outcome = _within_limits(outcome)
    commit = _add_work(state, turn, outcome.decisions, context)
    commit = replace(commit, state=_next_state(state, turn, outcome, context.now))
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
    # Azure measures UTF-16.
    if outcome.custom_status and 2 * len(outcome.custom_status) > CUSTOM_STATUS_LIMIT_BYTES:
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
    events: list[Event] = [*turn.events]
    activities: list[ActivityWork] = []
    messages: list[Message] = []
    children: list[ChildStart] = []
    for decision in decisions:
        match decision:
            case ScheduleActivity(task_id, name, text):
                events.append(history.task_scheduled(task_id, name, _activity_input(name, text), context.now))
                activities.append(ActivityWork(next(context.seqs), state.id, state.execution_id, task_id, name, text))
            case CreateTimer(task_id, fire_at):
                events.append(history.timer_created(task_id, fire_at, context.now))
                fired = history.timer_fired(task_id, fire_at)
                messages.append(Message(next(context.seqs), state.id, state.execution_id, fired, due=fire_at))
            case SendEvent(task_id, target, name, text):
                events.append(history.event_sent(task_id, target, name, text, context.now))
                messages.append(_operation(target, text, context))
            case CreateSubOrchestration():
                child = _child(state, decision, context)
                events.append(_sub_created(child.state, decision.id, context.now))
                if context.knows_orchestrator(decision.name):
                    children.append(child)
                else:
                    messages.append(_unknown_child(state, decision, context))
            case _:
                assert_never(decision)
    events.append(history.orchestrator_completed(context.now))
    consumed = tuple(m.seq for m in turn.taken)
    return TurnCommit(state, consumed, tuple(events), False, tuple(activities), tuple(messages), tuple(children))


def _activity_input(name: str, text: str | None) -> str:
    return f"[{text}]" if name == HTTP_ACTIVITY else codec.dumps([text])


def _operation(target: str, text: str, context: TurnContext) -> Message:
    request = codec.loads(text)
    return Message(next(context.seqs), target, None, request, due=request.get("due"))


def _child(state: InstanceState, decision: CreateSubOrchestration, context: TurnContext) -> ChildStart:
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
        created_at=context.now,
        updated_at=context.now,
        parent=ParentLink(state.id, state.execution_id, state.name, state.version, decision.id),
    )
    return ChildStart(child, start_message(child, context.seqs))


def start_message(state: InstanceState, seqs: Iterator[int]) -> Message:
    """Return the message that starts the execution which `state` describes."""
    return Message(next(seqs), state.id, state.execution_id, start_event(state))


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
