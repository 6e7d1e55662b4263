"""Between records and rows: the one place that knows the column order."""

import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from local_azure.functions_host.durable import codec
from local_azure.functions_host.durable.records import ActivityWork, InstanceState, Message, ParentLink, Status

INSTANCE_COLUMNS = (
    "i.key, i.id, i.execution_id, i.name, i.version, i.status, i.output, i.custom_status, i.created_at, i.updated_at, "
    "i.parent, i.attempts"
)


def read_instance(connection: sqlite3.Connection, instance_id: str) -> InstanceState | None:
    """Return one instance with its input."""
    row = connection.execute(
        f"SELECT {INSTANCE_COLUMNS}, x.text "  # nosec B608 # columns of our own, values are bound
        "FROM instances i LEFT JOIN inputs x ON x.key = i.key WHERE i.id = ?",
        (instance_id,),
    ).fetchone()
    return None if row is None else instance_of(row)


def instance_of(row: tuple[Any, ...]) -> InstanceState:
    """Build a state from INSTANCE_COLUMNS and the input."""
    parent = None if row[10] is None else ParentLink(**codec.loads(row[10]))
    return InstanceState(
        key=row[0],
        id=row[1],
        execution_id=row[2],
        name=row[3],
        version=row[4],
        status=Status(row[5]),
        input=row[12],
        output=row[6],
        custom_status=row[7],
        created_at=row[8],
        updated_at=row[9],
        parent=parent,
        attempts=row[11],
    )


def insert_instance(connection: sqlite3.Connection, state: InstanceState) -> None:
    """Write a new instance with its input."""
    parent = None if state.parent is None else codec.dumps(asdict(state.parent))
    connection.execute(
        "INSERT INTO instances (key, id, execution_id, name, version, status, finished, output, custom_status, "
        "created_at, updated_at, parent, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            state.key,
            state.id,
            state.execution_id,
            state.name,
            state.version,
            state.status.value,
            state.status.finished,
            state.output,
            state.custom_status,
            state.created_at,
            state.updated_at,
            parent,
            state.attempts,
        ),
    )
    write_input(connection, state)


def write_input(connection: sqlite3.Connection, state: InstanceState) -> None:
    """Write or replace the input alone."""
    connection.execute("INSERT OR REPLACE INTO inputs VALUES (?, ?)", (state.key, state.input))


def update_instance(connection: sqlite3.Connection, state: InstanceState) -> bool:
    """Write what a turn may change, the input apart; False if that execution is not there any more."""
    cursor = connection.execute(
        "UPDATE instances SET execution_id = ?, status = ?, finished = ?, output = ?, custom_status = ?, "
        "updated_at = ?, attempts = ? WHERE key = ?",
        (
            state.execution_id,
            state.status.value,
            state.status.finished,
            state.output,
            state.custom_status,
            state.updated_at,
            state.attempts,
            state.key,
        ),
    )
    return cursor.rowcount == 1


def insert_messages(connection: sqlite3.Connection, messages: Iterable[Message]) -> None:
    """Put messages into the inbox."""
    connection.executemany(
        "INSERT INTO inbox VALUES (?, ?, ?, ?, ?)",
        [(m.instance_id, m.seq, m.execution_id, m.due, codec.dumps(m.event)) for m in messages],
    )


def delete_messages(connection: sqlite3.Connection, instance_id: str, seqs: Iterable[int]) -> None:
    """Take messages out of an instance's inbox."""
    connection.executemany("DELETE FROM inbox WHERE instance_id = ? AND seq = ?", [(instance_id, seq) for seq in seqs])


def message_of(row: tuple[Any, ...]) -> Message:
    """Build a message from an inbox row."""
    return Message(row[0], row[1], row[2], codec.loads(row[4]), row[3])


def delete_activities(connection: sqlite3.Connection, activities: Iterable[ActivityWork]) -> int:
    """Strike activities out that are not to run any more; returns how many there were."""
    return connection.executemany(
        "DELETE FROM activities WHERE instance_id = ? AND seq = ?", [(a.instance_id, a.seq) for a in activities]
    ).rowcount


def insert_activities(connection: sqlite3.Connection, activities: Iterable[ActivityWork]) -> None:
    """Write activities that are to run."""
    connection.executemany(
        "INSERT INTO activities VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(a.instance_id, a.seq, a.execution_id, a.task_id, a.name, a.input, a.attempts) for a in activities],
    )
