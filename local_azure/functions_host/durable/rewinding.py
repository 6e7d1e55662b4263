"""Takes a failed orchestration up again: what failed is struck from its history, so that a replay asks for it anew."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from local_azure.functions_host.durable import codec, history, loading, rows
from local_azure.functions_host.durable.commits import delete_history
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import Message, Status
from local_azure.functions_host.durable.schema import HISTORY_BITS


@dataclass(frozen=True, slots=True)
class RewindResult:
    """The status found (None: no such instance), and the messages that make the rewound instances run."""

    status: Status | None
    messages: tuple[Message, ...] = ()

    @property
    def rewound(self) -> bool:
        """Tell whether the instance was failed and runs again."""
        return self.status is Status.FAILED


@dataclass(frozen=True, slots=True)
class StruckHistory:
    """A history without its failures, and the children that have to be rewound for it."""

    events: tuple[Event, ...]
    failed_children: tuple[str, ...]


_SCHEDULING = (history.TASK_SCHEDULED, history.SUB_CREATED, history.TIMER_CREATED, history.EVENT_SENT)
_FAILURES = (history.TASK_FAILED, history.SUB_FAILED)


def strike_failures(events: Sequence[Event]) -> StruckHistory:
    """Drop failed activities with their scheduling, failures of children, and what was begun after the first of them.

    What was begun before it keeps its results. After it a replay may go another way and would count other ids. A failed
    child stays scheduled: it is rewound itself, and then answers under the same task id.
    """
    first = next((i for i, event in enumerate(events) if event["EventType"] in _FAILURES), len(events))
    struck = {e["TaskScheduledId"] for e in events if e["EventType"] == history.TASK_FAILED}
    struck |= {e["EventId"] for e in events[first:] if e["EventType"] in _SCHEDULING}
    failed_subs = {e["TaskScheduledId"] for e in events if e["EventType"] == history.SUB_FAILED} - struck
    requests = {codec.loads(e["Input"])["id"] for e in events[first:] if e["EventType"] == history.EVENT_SENT}
    kept = tuple(event for event in events if not _is_struck(event, struck, requests))
    children = [e["InstanceId"] for e in kept if e["EventType"] == history.SUB_CREATED and e["EventId"] in failed_subs]
    return StruckHistory(kept, tuple(children))


def _is_struck(event: Event, struck: set[int], requests: set[str]) -> bool:
    kind = event["EventType"]
    if kind in (*_FAILURES, history.EXECUTION_COMPLETED):
        return True
    if kind in _SCHEDULING:
        return event["EventId"] in struck
    if kind in (history.TASK_COMPLETED, history.SUB_COMPLETED):
        return event["TaskScheduledId"] in struck
    if kind == history.TIMER_FIRED:
        return event["TimerId"] in struck
    return kind == history.EVENT_RAISED and event["Name"] in requests


def rewind(
    instance_id: str, reason: str | None, now: str, seqs: Iterator[int]
) -> Callable[[sqlite3.Connection], RewindResult]:
    """Rewind a failed instance and, below it, its failed children."""

    def unit(connection: sqlite3.Connection) -> RewindResult:
        stored = loading.load_instance(connection, instance_id)
        if stored is None or stored.state.status is not Status.FAILED:
            return RewindResult(None if stored is None else stored.state.status)
        struck = strike_failures(stored.past_events)
        children = {child: rewind(child, reason, now, seqs)(connection) for child in struck.failed_children}
        # A child that cannot be rewound (purged, terminated) is created anew.
        lost = {child for child, result in children.items() if not result.rewound}
        events = [e for e in struck.events if not (e["EventType"] == history.SUB_CREATED and e["InstanceId"] in lost)]
        state = replace(stored.state, status=Status.RUNNING, output=None, updated_at=now, attempts=0)
        delete_history(connection, state.key)
        text = history.array_items(history.played(events))
        connection.execute("INSERT INTO history VALUES (?, ?)", (state.key << HISTORY_BITS, text))
        rows.update_instance(connection, state)
        wake_up = Message(next(seqs), instance_id, state.execution_id, history.rewound(reason, now))
        rows.insert_messages(connection, (wake_up,))
        below = (message for result in children.values() for message in result.messages)
        return RewindResult(Status.FAILED, (*below, wake_up))

    return unit
