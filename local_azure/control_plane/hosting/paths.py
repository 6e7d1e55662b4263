"""Where the files of a site are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SitePaths:
    """The folder of one site, and that of its app, which an app and its slots keep their packages in."""

    root: Path
    app_root: Path

    @property
    def data(self) -> Path:
        """Return the state folder of the Functions host: its database and keys."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """Return the file that holds what the host prints."""
        return self.root / "host.log"

    @property
    def pid_file(self) -> Path:
        """Return the file that names the host's process."""
        return self.root / "host.pid"

    @property
    def lock(self) -> Path:
        """Return the file that stays locked as long as a host of this site lives."""
        return self.root / "host.lock"

    @property
    def deployments(self) -> Path:
        """Return the folder of packages, unpacked packages and deployment logs."""
        return self.app_root / "deployments"

    def package(self, deployment: str) -> Path:
        """Return the package of a deployment, as it was uploaded."""
        return self.deployments / f"{deployment}.zip"

    def content(self, deployment: str) -> Path:
        """Return the folder that a deployment is unpacked into: the app's script root."""
        return self.deployments / deployment

    def deployment_log(self, deployment: str) -> Path:
        """Return the log of a deployment, a JSON object a line."""
        return self.deployments / f"{deployment}.log"

    def create(self) -> None:
        """Make the folders; only the owner may read them: they hold keys and settings."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.deployments.mkdir(parents=True, exist_ok=True)
