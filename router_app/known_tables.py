"""What a process remembers of routing tables, and for how long. Pure: whoever asks says what time it is.

The drain's safety rests on this module: no decision is made on a table that was read more than TABLE_TTL ago, and the
age counts from *before* the read began, because the table may change while the answer is under way.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from version_registry.model import RoutingTable

CAPACITY = 1000
"""Applications remembered per process; unknown names are remembered too, so the number is bounded."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table (None: no such application) and the monotonic time before its read began, in seconds."""

    table: RoutingTable | None
    read_at: float


class KnownTables:
    """The snapshots of one process."""

    def __init__(self, time_to_live: timedelta) -> None:
        self._ttl = time_to_live.total_seconds()
        self._known: OrderedDict[str, Snapshot] = OrderedDict()
        self._changed_at: dict[str, float] = {}

    def __len__(self) -> int:
        """Count the applications that are remembered."""
        return len(self._known)

    def find(self, application: str, now: float) -> Snapshot | None:
        """Find a snapshot that may still be decided on."""
        known = self._known.get(application)
        return known if known is not None and self.is_fresh(known, now) else None

    def is_fresh(self, snapshot: Snapshot, now: float) -> bool:
        """Tell whether a decision may be made on it now."""
        return now - snapshot.read_at <= self._ttl

    def keep(self, application: str, snapshot: Snapshot) -> Snapshot:
        """Remember what was read, unless something newer is known."""
        known = self._known.get(application)
        newest = max(known.read_at if known else snapshot.read_at, self._changed_at.get(application, snapshot.read_at))
        if newest > snapshot.read_at:
            return snapshot
        self._known[application] = snapshot
        self._known.move_to_end(application)
        if len(self._known) > CAPACITY:
            self._known.popitem(last=False)
        return snapshot

    def forget(self, application: str, now: float) -> None:
        """Drop the snapshot, and any whose read has begun: this process has just changed the table."""
        self._changed_at[application] = now
        self._known.pop(application, None)
