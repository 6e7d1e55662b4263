"""Questions to the store: pages of instances and entities, in the order of their creation."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from local_azure.functions_host.durable import rows
from local_azure.functions_host.durable.records import InstanceState, Status

HIGHEST_CHARACTER = "\U0010ffff"
HIGHEST_KEY = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Which instances are meant; None means any."""

    created_from: str | None = None
    created_to: str | None = None
    statuses: frozenset[Status] | None = None
    id_prefix: str | None = None
    finished_only: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some instances, and the key after which the next page begins (None at the end)."""

    instances: tuple[InstanceState, ...]
    next_after: int | None


def where(wanted: InstanceFilter) -> tuple[str, list[str | int]]:
    """Return the filter as an SQL condition with its parameters."""
    clauses: list[str] = ["1 = 1"]
    values: list[str | int] = []
    unfinished = wanted.statuses is not None and not any(status.finished for status in wanted.statuses)
    # A plus sign keeps a column's own index out: with few unfinished instances theirs is the only one wanted.
    mark = "+" if unfinished else ""
    # Keys are in the order of creation (see Store): a time is a place among the keys, which one look at an index finds.
    if wanted.created_from:
        clauses.append(
            f"{mark}i.key >= "  # nosec B608 # the mark is one of ours, values are bound
            "(SELECT key FROM instances WHERE created_at >= ? ORDER BY created_at LIMIT 1)"
        )
        clauses.append("+i.created_at >= ?")
        values += [wanted.created_from] * 2
    if wanted.created_to:
        clauses.append(
            f"{mark}i.key < "  # nosec B608 # the mark is one of ours, values are bound
            "ifnull((SELECT key FROM instances WHERE created_at > ? ORDER BY created_at LIMIT 1), ?)"
        )
        clauses.append("+i.created_at <= ?")
        values += [wanted.created_to, HIGHEST_KEY, wanted.created_to]
    if wanted.id_prefix:
        clauses.append(f"{mark}i.id >= ? AND {mark}i.id < ?")
        values += [wanted.id_prefix, wanted.id_prefix + HIGHEST_CHARACTER]
    if wanted.statuses is not None:
        clauses.append(f"i.status IN ({', '.join('?' * len(wanted.statuses))})")
        values += sorted(wanted.statuses)
    if unfinished:
        clauses.append("i.finished = 0")  # what the partial index needs to hear
    if wanted.finished_only:
        clauses.append("i.finished = 1")
    return " AND ".join(clauses), values


def instance_page(
    wanted: InstanceFilter, *, after: int, top: int, with_input: bool
) -> Callable[[sqlite3.Connection], Page]:
    """Return the query for one page. New instances come last, so a walk over all pages misses none of them."""
    condition, values = where(wanted)
    text = "x.text" if with_input else "NULL"
    join = "LEFT JOIN inputs x ON x.key = i.key" if with_input else ""
    # With a prefix among finished instances the ids' index finds them; the keys' order would walk past all the others.
    key = "+i.key" if wanted.id_prefix and "i.finished = 0" not in condition else "i.key"
    sql = (
        f"SELECT {rows.INSTANCE_COLUMNS}, {text} FROM instances i {join} "  # nosec B608 # values are bound
        f"WHERE {condition} AND {key} > ? ORDER BY {key} LIMIT ?"
    )

    def query(connection: sqlite3.Connection) -> Page:
        found = connection.execute(sql, [*values, after, top + 1]).fetchall()
        states = tuple(rows.instance_of(row) for row in found[:top])
        return Page(states, states[-1].key if len(found) > top else None)

    return query


def entity_page(
    *, name: str | None, changed_from: str | None, changed_to: str | None, after: str, top: int
) -> Callable[[sqlite3.Connection], list[InstanceState]]:
    """Return the query for a page of entities in the order of their ids, with their states; one more than `top`."""
    prefix = "@" if name is None else f"@{name.lower()}@"
    clauses, values = ["i.id > ?", "i.id >= ?", "i.id < ?"], [after, prefix, prefix + HIGHEST_CHARACTER]
    if changed_from:
        clauses.append("i.updated_at >= ?")
        values.append(changed_from)
    if changed_to:
        clauses.append("i.updated_at <= ?")
        values.append(changed_to)
    sql = (
        f"SELECT {rows.INSTANCE_COLUMNS}, x.text FROM instances i LEFT JOIN inputs x ON x.key = i.key "  # nosec B608 # bound
        f"WHERE {' AND '.join(clauses)} ORDER BY i.id LIMIT ?"
    )

    def query(connection: sqlite3.Connection) -> list[InstanceState]:
        return [rows.instance_of(row) for row in connection.execute(sql, [*values, top + 1])]

    return query
