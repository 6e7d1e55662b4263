"""Deletes finished instances with everything that is kept of them."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from local_azure.functions_host.durable import commits
from local_azure.functions_host.durable.queries import InstanceFilter, where

CHUNK = 200
"""How many go in one transaction: a large purge must not hold up the turns of others."""


def purge_one(instance_id: str) -> Callable[[sqlite3.Connection], int]:
    """Delete one instance if it has finished."""

    def unit(connection: sqlite3.Connection) -> int:
        found = connection.execute("SELECT key FROM instances WHERE id = ? AND finished = 1", (instance_id,)).fetchone()
        if found is None:
            return 0
        commits.delete_instance(connection, found[0], instance_id)
        return 1

    return unit


def purge_some(wanted: InstanceFilter, *, after: int) -> Callable[[sqlite3.Connection], list[int]]:
    """Delete up to a chunk of the finished instances that match, from a key on; returns the keys, in order."""
    condition, values = where(replace(wanted, finished_only=True))
    sql = (
        f"SELECT i.key, i.id FROM instances i WHERE {condition} "  # nosec B608 # values are bound
        f"AND i.key > ? ORDER BY i.key LIMIT {CHUNK}"
    )

    def unit(connection: sqlite3.Connection) -> list[int]:
        found = connection.execute(sql, [*values, after]).fetchall()
        for key, instance_id in found:
            commits.delete_instance(connection, key, instance_id)
        return [key for key, _ in found]

    return unit
