"""The log of one deployment: a JSON object a line, as the log endpoint lists them."""

import json
import uuid
from pathlib import Path

from local_azure.control_plane.clock import timestamp
from local_azure.control_plane.records import JsonObject


class Journal:
    """Appends messages to a deployment's log."""

    def __init__(self, path: Path) -> None:
        """Write to `path`, which need not exist."""
        self._path = path

    def say(self, message: str) -> None:
        """Add a message."""
        entry = {"log_time": timestamp(), "id": uuid.uuid4().hex, "message": message, "type": 0, "details_url": None}
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def read_journal(path: Path) -> list[JsonObject]:
    """Return the messages so far; a line that is still being written is left out."""
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]
