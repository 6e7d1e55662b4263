"""When each timer ran and runs next, kept in one small file so that a missed occurrence is noticed after a restart."""

import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FILE_NAME = "timers.json"


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """What is known about one timer; `next_at` is what a restart compares with the clock."""

    schedule: str
    next_at: datetime
    last_at: datetime | None = None
    updated_at: datetime | None = None


class TimerStore:
    """The statuses of all timers of one app, by function name."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE_NAME
        self._statuses = self._read()
        self._write_lock = threading.Lock()

    def get(self, name: str) -> TimerStatus | None:
        """Return the status of a timer, if there is one."""
        return self._statuses.get(name)

    def put(self, name: str, status: TimerStatus) -> None:
        """Keep a status; it is on disk when this returns."""
        # Timers write from threads, and all of them into the one file.
        with self._write_lock:
            self._statuses[name] = status
            self._write()

    def _write(self) -> None:
        document = {key: to_document(value) for key, value in self._statuses.items()}
        fresh = self._path.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _read(self) -> dict[str, TimerStatus]:
        try:
            document = json.loads(self._path.read_text())
            return {name: from_document(entry) for name, entry in document.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, AttributeError, TypeError):
            # A damaged file costs at most one past-due run; refusing to start would cost all of them.
            return {}


def to_document(status: TimerStatus) -> dict[str, Any]:
    """Return the JSON document of a status."""
    return {
        "schedule": status.schedule,
        "next": status.next_at.isoformat(),
        "last": status.last_at and status.last_at.isoformat(),
        "updated": status.updated_at and status.updated_at.isoformat(),
    }


def from_document(entry: dict[str, Any]) -> TimerStatus:
    """Read the JSON document of a status."""
    last, updated = (datetime.fromisoformat(entry[key]) if entry.get(key) else None for key in ("last", "updated"))
    return TimerStatus(entry["schedule"], datetime.fromisoformat(entry["next"]), last, updated)
