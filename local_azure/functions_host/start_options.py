"""What `func start` was asked for; pure."""

from dataclasses import dataclass
from pathlib import Path

STATE_FOLDER = ".local_azure"
STATE_DIR_SETTING = "LOCAL_AZURE_STATE_DIR"


@dataclass(frozen=True, slots=True)
class StartOptions:
    """The command line of `func start`."""

    script_root: Path
    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 7071
    verbose: bool = False
    listening_fd: int | None = None
    exit_with_fd: int | None = None
