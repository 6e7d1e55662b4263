"""What one control plane is started with."""

import sys
from dataclasses import dataclass
from pathlib import Path

DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"

# -P keeps the working directory off sys.path: a file of the site must not shadow a module of the host.
DEFAULT_HOST_COMMAND = (sys.executable, "-P", "-m", "local_azure.functions_host", "start")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of `local-azure serve`."""

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 7070
    host_command: tuple[str, ...] = DEFAULT_HOST_COMMAND
    max_flex_plans: int | None = None
    """How many Flex plans a subscription may hold before Azure's quota error is answered; None for no limit."""
    max_package_bytes: int = 2 << 30
    """The most that one package may weigh, packed or unpacked."""

    @property
    def sites_dir(self) -> Path:
        """Return the folder that holds a folder for each site."""
        return self.state_dir / "sites"

    @property
    def build_cache_dir(self) -> Path:
        """Return the folder of package sets that remote builds have installed."""
        return self.state_dir / "build-cache"
