"""The control plane's memory: everything acknowledged is in `control.db` before the answer leaves.

Statements run on the event loop. Writes are few, and an answer has to wait for its fsync anyway.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_azure.control_plane.errors import ControlPlaneError
from local_azure.control_plane.records import Deployment, Lock, Operation, Plan, ResourceGroup, Site, Token
from local_azure.control_plane.table import Table

SCHEMA_VERSION = 1


class StateTooNewError(ControlPlaneError):
    """The state folder was written by a newer version of the control plane."""


class Store:
    """Tables of records on one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it."""
        self._connection = _connect(path)
        self.groups = Table(self._connection, "resource_groups", ResourceGroup, ("subscription", "name"))
        self.plans = Table(self._connection, "plans", Plan, ("subscription", "group_name", "name"))
        self.sites = Table(self._connection, "sites", Site, ("name",))
        self.deployments = Table(self._connection, "deployments", Deployment, ("id",))
        self.tokens = Table(self._connection, "tokens", Token, ("digest",))
        self.operations = Table(self._connection, "operations", Operation, ("id",))
        self.locks = Table(self._connection, "locks", Lock, ("scope", "name"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several writes one."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def next_plan_number(self) -> int:
        """Return a number that no plan has."""
        return int(self._connection.execute("SELECT COALESCE(MAX(number), 1000) + 1 FROM plans").fetchone()[0])

    def next_deployment_sequence(self) -> int:
        """Return a number above that of every deployment."""
        row = self._connection.execute("SELECT COALESCE(MAX(sequence), 0) + 1 FROM deployments").fetchone()
        return int(row[0])

    def forget_tokens_before(self, now: int) -> None:
        """Drop expired tokens."""
        self._connection.execute("DELETE FROM tokens WHERE expires_at < ?", (now,))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    # Settings are secrets: only the owner may read the file, and SQLite gives its companions the same mode.
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StateTooNewError(f"{path} has schema {version}; this version reads up to {SCHEMA_VERSION}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    return connection
