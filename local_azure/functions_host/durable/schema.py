"""The tables of durable.db, and how a connection to them is opened."""

import sqlite3
from pathlib import Path

SCHEMA_VERSION = 2
HISTORY_BITS = 24
"""A history row's position is `instance key << 24 | turn`, so that one integer key serves both look-up and order."""

_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_TABLES = """
CREATE TABLE IF NOT EXISTS instances (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    execution_id TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    status TEXT NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0,
    output TEXT,
    custom_status TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    parent TEXT,
    attempts INTEGER NOT NULL DEFAULT 0
);
-- What the host does at work never looks at finished instances, however many there are.
CREATE INDEX IF NOT EXISTS unfinished_instances ON instances (key) WHERE finished = 0;
CREATE INDEX IF NOT EXISTS instances_by_creation ON instances (created_at);
CREATE INDEX IF NOT EXISTS entity_instances ON instances (id, updated_at) WHERE id >= '@' AND id < 'A';
-- Inputs stand apart: a turn updates its instance's row, and must not rewrite megabytes of input with it.
CREATE TABLE IF NOT EXISTS inputs (key INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE IF NOT EXISTS history (position INTEGER PRIMARY KEY, events TEXT NOT NULL);
-- What is in hand: found by its instance, so that is how it lies; every row of it is written and deleted once.
CREATE TABLE IF NOT EXISTS inbox (
    instance_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    execution_id TEXT,
    due TEXT,
    event TEXT NOT NULL,
    PRIMARY KEY (instance_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS activities (
    instance_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    input TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (instance_id, seq)
) WITHOUT ROWID;
"""


class OtherSchemaError(sqlite3.DatabaseError):
    """The file was written by another release."""


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the connection that alone writes; a commit returns when it is on disk."""
    # Transactions are begun and ended by hand: the driver's own would open them at its own moments.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA cache_size = -16384")
    # Some builds overwrite what is deleted with zeros, which writes every emptied page once more.
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.executescript(_META)
    _check_version(connection)
    connection.executescript(_TABLES)
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that only reads, beside the writer."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection


def _check_version(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
    (found,) = connection.execute("SELECT value FROM meta WHERE name = 'schema_version'").fetchone()
    if int(found) != SCHEMA_VERSION:
        raise OtherSchemaError(f"the store has schema {found}; this release knows schema {SCHEMA_VERSION} only")
