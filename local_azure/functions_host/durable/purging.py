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


def purge_some(wanted: InstanceFilter) -> Callable[[sqlite3.Connection], int]:
    """Delete up to a chunk of the finished instances that match."""
    condition, values = where(replace(wanted, finished_only=True))
    sql = f"SELECT i.key, i.id FROM instances i WHERE {condition} LIMIT {CHUNK}"

    def unit(connection: sqlite3.Connection) -> int:
        found = connection.execute(sql, values).fetchall()
        for key, instance_id in found:
            commits.delete_instance(connection, key, instance_id)
        return len(found)

    return unit
