"""A SQLite table that holds one kind of record."""

import dataclasses
import json
import sqlite3
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


Record = TypeVar("Record", bound=_Dataclass)


class Table(Generic[Record]):
    """Stores records of one dataclass: dictionaries as JSON, everything else as it is; text compares without case."""

    def __init__(self, connection: sqlite3.Connection, name: str, record: type[Record], key: tuple[str, ...]) -> None:
        """Create the table if it is not there yet, and the columns that a table of an earlier version lacks."""
        self._connection = connection
        self._name = name
        self._record = record
        self._key = key
        hints = typing.get_type_hints(record)
        self._types: Mapping[str, Any] = {field.name: hints[field.name] for field in dataclasses.fields(record)}
        columns = ", ".join(f"{column} {_sql_type(kind)} NOT NULL" for column, kind in self._types.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({', '.join(key)}))")
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        for field in dataclasses.fields(record):
            if field.name not in present:
                self._add_column(field)

    def _add_column(self, field: "dataclasses.Field[Any]") -> None:
        """Add a column with the field's default, which every field has that came after the first version."""
        default = field.default_factory() if callable(field.default_factory) else field.default
        # A default cannot be a parameter; quoting is up to SQLite.
        literal = self._connection.execute("SELECT quote(?)", [_encode(default)]).fetchone()[0]
        column = f"{field.name} {_sql_type(self._types[field.name])} NOT NULL DEFAULT {literal}"
        self._connection.execute(f"ALTER TABLE {self._name} ADD COLUMN {column}")

    def put(self, record: Record) -> None:
        """Insert the record, or replace the one with its key."""
        values = [_encode(getattr(record, column)) for column in self._types]
        marks = ", ".join("?" * len(values))
        updates = ", ".join(f"{column} = excluded.{column}" for column in self._types)
        self._connection.execute(
            f"INSERT INTO {self._name} ({', '.join(self._types)}) VALUES ({marks})"  # nosec B608 # names of our own, values are bound
            f" ON CONFLICT ({', '.join(self._key)}) DO UPDATE SET {updates}",
            values,
        )

    def get(self, *key: str) -> Record | None:
        """Return the record with this key."""
        found = self.find(**dict(zip(self._key, key, strict=True)))
        return found[0] if found else None

    def find(self, **wanted: Any) -> list[Record]:
        """Return the records whose columns have these values, oldest first."""
        where = " AND ".join(f"{column} = ?" for column in wanted) or "TRUE"
        columns = ", ".join(self._types)
        sql = f"SELECT {columns} FROM {self._name} WHERE {where} ORDER BY rowid"  # nosec B608 # values are bound
        return [self._decode(row) for row in self._connection.execute(sql, [_encode(v) for v in wanted.values()])]

    def remove(self, **wanted: Any) -> None:
        """Delete the records whose columns have these values."""
        where = " AND ".join(f"{column} = ?" for column in wanted)
        sql = f"DELETE FROM {self._name} WHERE {where}"  # nosec B608 # names of our own, values are bound
        self._connection.execute(sql, [_encode(v) for v in wanted.values()])

    def _decode(self, row: tuple[Any, ...]) -> Record:
        pairs = zip(self._types.items(), row, strict=True)
        return self._record(**{column: _decode(kind, value) for (column, kind), value in pairs})


def _is_json(kind: Any) -> bool:
    return typing.get_origin(kind) is dict


def _sql_type(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, int):
        return "INTEGER"
    return "TEXT" if _is_json(kind) else "TEXT COLLATE NOCASE"


def _encode(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return value.value if isinstance(value, Enum) else value


def _decode(kind: Any, value: Any) -> Any:
    if _is_json(kind):
        return json.loads(value)
    if isinstance(kind, type) and issubclass(kind, (bool, Enum)):
        return kind(value)
    return value
