"""Tells whether a process id still names the process that it named when it was written down."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process id with the time its process started: ids are reused, pairs are not."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """Tell whether the very process still runs."""
        return start_time(self.pid) == self.started

    def write(self, path: Path) -> None:
        """Note the process in a file."""
        path.write_text(json.dumps({"pid": self.pid, "started": self.started}))


def read_identity(path: Path) -> ProcessIdentity | None:
    """Read a noted process; None when there is no note, or the writer died while writing it."""
    try:
        content = json.loads(path.read_text())
        return ProcessIdentity(int(content["pid"]), str(content["started"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def start_time(pid: int) -> str | None:
    """Return when the process started, in whatever unit the system counts; None when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _start_time_from_ps(pid)
    try:
        # The command, in parentheses, may hold spaces; the state follows it, then 18 fields, then the start time.
        fields = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def _start_time_from_ps(pid: int) -> str | None:
    result = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return result.stdout.strip() or None
