"""Reads from the store what the engine needs at start, and what an instance needs before its next turn."""

import sqlite3
from dataclasses import dataclass

from local_azure.functions_host.durable import codec, rows
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import ActivityWork, InstanceState, Message
from local_azure.functions_host.durable.schema import HISTORY_BITS


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """An instance with its history: as text for requests, as events for the replay."""

    state: InstanceState
    past_text: list[str]
    past_events: list[Event]
    turns: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What was accepted or decided but not done when the last host ended."""

    messages: list[Message]
    activities: list[ActivityWork]


def load_instance(connection: sqlite3.Connection, instance_id: str) -> StoredInstance | None:
    """Read one instance and its history."""
    state = rows.read_instance(connection, instance_id)
    if state is None:
        return None
    found = read_history(connection, state.key)
    events = [event for _, text in found for event in codec.loads(f"[{text}]")]
    turns = (found[-1][0] & ((1 << HISTORY_BITS) - 1)) + 1 if found else 0
    return StoredInstance(state, [text for _, text in found], events, turns)


def read_history(connection: sqlite3.Connection, key: int) -> list[tuple[int, str]]:
    """Return the history's rows: position, and the events of one turn as JSON array items."""
    first = key << HISTORY_BITS
    found: list[tuple[int, str]] = connection.execute(
        "SELECT position, events FROM history WHERE position >= ? AND position < ? ORDER BY position",
        (first, (key + 1) << HISTORY_BITS),
    ).fetchall()
    return found


def load_backlog(connection: sqlite3.Connection) -> Backlog:
    """Read all messages and activities that wait."""
    messages = connection.execute("SELECT seq, instance_id, execution_id, due, event FROM inbox ORDER BY seq")
    activities = connection.execute(
        "SELECT seq, instance_id, execution_id, task_id, name, input, attempts FROM activities ORDER BY seq"
    )
    return Backlog([rows.message_of(row) for row in messages], [ActivityWork(*row) for row in activities])
