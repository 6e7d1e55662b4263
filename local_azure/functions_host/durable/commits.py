"""The units of work: each function writes one step of an orchestration, activity or client call, and nothing else."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local_azure.functions_host.durable import failures, history, rows
from local_azure.functions_host.durable.entity_turn import EntityCommit
from local_azure.functions_host.durable.held_outcomes import Outcome
from local_azure.functions_host.durable.records import ActivityWork, InstanceState, Message, ParentLink, Status
from local_azure.functions_host.durable.schema import HISTORY_BITS
from local_azure.functions_host.durable.turn import ChildStart, TurnCommit


class TurnVoidError(Exception):
    """The instance was deleted or replaced while a turn of it ran; the turn is void."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whether an instance took a client's message: its status, or None if there is no such instance."""

    status: Status | None

    @property
    def accepted(self) -> bool:
        """Tell whether the message is in the inbox."""
        return self.status is not None and not self.status.finished


def create(state: InstanceState, message: Message) -> Callable[[sqlite3.Connection], None]:
    """Create an instance whose id nobody else can have."""

    def unit(connection: sqlite3.Connection) -> None:
        rows.insert_instance(connection, state)
        rows.insert_messages(connection, (message,))

    return unit


def start(state: InstanceState, message: Message, *, replaces_any: bool) -> Callable[[sqlite3.Connection], bool]:
    """Create an instance unless an unfinished one has its id; a finished one is replaced."""

    def unit(connection: sqlite3.Connection) -> bool:
        found = connection.execute("SELECT key, finished FROM instances WHERE id = ?", (state.id,)).fetchone()
        if found is not None:
            if not (found[1] or replaces_any):
                return False
            delete_instance(connection, found[0], state.id)
        rows.insert_instance(connection, state)
        rows.insert_messages(connection, (message,))
        return True

    return unit


def deliver(message: Message) -> Callable[[sqlite3.Connection], Delivery]:
    """Put a client's message into the inbox of an unfinished instance."""

    def unit(connection: sqlite3.Connection) -> Delivery:
        found = connection.execute("SELECT status FROM instances WHERE id = ?", (message.instance_id,)).fetchone()
        delivery = Delivery(None if found is None else Status(found[0]))
        if delivery.accepted:
            rows.insert_messages(connection, (message,))
        return delivery

    return unit


def post(message: Message) -> Callable[[sqlite3.Connection], None]:
    """Put a message into an inbox, whoever owns it."""
    return lambda connection: rows.insert_messages(connection, (message,))


def commit_turn(
    commit: TurnCommit, turn_number: int, appended_text: str, done: Sequence[Outcome], next_seq: Callable[[], int]
) -> Callable[[sqlite3.Connection], list[Message]]:
    """Write a turn; returns the messages that arise while writing: children that could not be created.

    `done` are the consumed outcomes that never were in the inbox: their activities are still among those to run.
    """

    def unit(connection: sqlite3.Connection) -> list[Message]:
        state = commit.state
        if not rows.update_instance(connection, state):
            raise TurnVoidError(state.id)
        if len(done) < len(commit.consumed):
            rows.delete_messages(connection, state.id, commit.consumed)
        if done:
            rows.delete_activities(connection, [work for work, _ in done])
        if commit.starts_over:
            _drop_execution(connection, state)
        else:
            position = (state.key << HISTORY_BITS) + turn_number
            connection.execute("INSERT INTO history VALUES (?, ?)", (position, appended_text))
        if state.status.finished:
            _drop_work(connection, state.id)
        elif commit.activities:
            rows.insert_activities(connection, commit.activities)
        if commit.messages:
            rows.insert_messages(connection, commit.messages)
        return [refusal for child in commit.children for refusal in _create_child(connection, child, next_seq)]

    return unit


def _drop_execution(connection: sqlite3.Connection, state: InstanceState) -> None:
    """Forget everything of the execution that ends: its history, and what was sent to it."""
    delete_history(connection, state.key)
    rows.write_input(connection, state)
    connection.execute("DELETE FROM inbox WHERE instance_id = ? AND execution_id IS NOT NULL", (state.id,))
    connection.execute("DELETE FROM activities WHERE instance_id = ?", (state.id,))


def _drop_work(connection: sqlite3.Connection, instance_id: str) -> None:
    connection.execute("DELETE FROM inbox WHERE instance_id = ?", (instance_id,))
    connection.execute("DELETE FROM activities WHERE instance_id = ?", (instance_id,))


def _create_child(connection: sqlite3.Connection, child: ChildStart, next_seq: Callable[[], int]) -> list[Message]:
    if start(child.state, child.message, replaces_any=False)(connection):
        return []
    parent = child.state.parent
    assert isinstance(parent, ParentLink)
    reason = failures.instance_exists(child.state.id)
    event = history.sub_failed(parent.task_id, reason, child.state.created_at)
    refusal = Message(next_seq(), parent.instance_id, parent.execution_id, event)
    rows.insert_messages(connection, (refusal,))
    return [refusal]


def commit_batch(commit: EntityCommit) -> Callable[[sqlite3.Connection], None]:
    """Write an entity's batch; an entity that does not exist any more leaves no row behind."""

    def unit(connection: sqlite3.Connection) -> None:
        state = commit.state
        rows.delete_messages(connection, state.id, commit.consumed)
        rows.insert_messages(connection, commit.messages)
        if not commit.exists:
            connection.execute("DELETE FROM instances WHERE key = ?", (state.key,))
            connection.execute("DELETE FROM inputs WHERE key = ?", (state.key,))
        elif rows.update_instance(connection, state):
            rows.write_input(connection, state)
        else:
            rows.insert_instance(connection, state)

    return unit


def finish_activity(work: ActivityWork, message: Message) -> Callable[[sqlite3.Connection], None]:
    """Replace an activity by its outcome in the inbox, if anybody still waits for it."""

    def unit(connection: sqlite3.Connection) -> None:
        if rows.delete_activities(connection, (work,)):
            rows.insert_messages(connection, (message,))

    return unit


def count_activity_attempt(work: ActivityWork) -> Callable[[sqlite3.Connection], None]:
    """Note that an activity lost its worker once more."""

    def unit(connection: sqlite3.Connection) -> None:
        where = (work.attempts, work.instance_id, work.seq)
        connection.execute("UPDATE activities SET attempts = ? WHERE instance_id = ? AND seq = ?", where)

    return unit


def count_turn_attempt(state: InstanceState) -> Callable[[sqlite3.Connection], None]:
    """Note that a turn lost its worker once more."""

    def unit(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE instances SET attempts = ? WHERE key = ?", (state.attempts, state.key))

    return unit


def drop_messages(instance_id: str, seqs: tuple[int, ...]) -> Callable[[sqlite3.Connection], None]:
    """Delete messages that nobody will take."""
    return lambda connection: rows.delete_messages(connection, instance_id, seqs)


def delete_instance(connection: sqlite3.Connection, key: int, instance_id: str) -> None:
    """Delete everything that is kept of an instance."""
    connection.execute("DELETE FROM instances WHERE key = ?", (key,))
    connection.execute("DELETE FROM inputs WHERE key = ?", (key,))
    delete_history(connection, key)
    _drop_work(connection, instance_id)


def delete_history(connection: sqlite3.Connection, key: int) -> None:
    """Delete an instance's history rows."""
    first = key << HISTORY_BITS
    connection.execute("DELETE FROM history WHERE position >= ? AND position < ?", (first, (key + 1) << HISTORY_BITS))
