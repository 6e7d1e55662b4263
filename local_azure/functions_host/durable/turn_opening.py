"""How an orchestrator turn begins, decided without effects: which messages it takes, and in what order."""

from collections.abc import Sequence
from dataclasses import dataclass

from local_azure.functions_host.durable import history
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import InstanceState, Message, Status


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """The messages of a turn, and the events that they add to the history."""

    taken: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    runs: bool = False
    """Whether the orchestrator function has to be called."""
    ends_suspended: bool = False
    terminated: bool = False


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
