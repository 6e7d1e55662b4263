"""Publishes by letting an app run from its package: the zip goes into the app's container, and a setting names it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from provisioning.azure_backend.app_settings import SettingsOf
from provisioning.azure_backend.containers import Containers
from provisioning.errors import PermanentError
from provisioning.package_libraries import lacks_libraries
from provisioning.port import DeploymentState, DeploymentStatus
from provisioning.spec import PACKAGE_SETTING

_MARK = "run-from-package:"


@dataclass(frozen=True, slots=True)
class RunningApp:
    """An app, or a slot of one, that runs from packages in a container."""

    name: str
    container: str
    """URL."""
    settings: SettingsOf
    restart: Callable[[], None]
    """Restarts it with what it is told, and lets Azure look at its triggers."""


def run_package(app: RunningApp, containers: Containers, package: Path, digest: str) -> str:
    """Put the package into the container and let the app run it; return the deployment's id."""
    if lacks_libraries(package):
        message = (
            f"{app.name} runs its package as it is, and this one brings no libraries: install them into "
            ".python_packages/lib/site-packages (pip install --target), or let packages be built in Azure"
        )
        raise PermanentError(message, "package_not_built")
    digest = digest or _digest_of(package)
    containers.ensure(app.container)
    containers.put(app.container, _file_of(digest), package)
    settings = app.settings.read()
    if settings.get(PACKAGE_SETTING) != (url := f"{app.container}/{_file_of(digest)}"):
        app.settings.write({**settings, PACKAGE_SETTING: url})
    # Once more in any case: whoever died here before has written the setting and not restarted.
    app.restart()
    return f"{_MARK}{digest}"


def is_run(deployment: str) -> bool:
    """Tell whether an id is that of a package that an app runs from."""
    return deployment.startswith(_MARK)


def check_run(app: RunningApp, deployment: str) -> DeploymentState:
    """Tell whether the package is still the one that the app is to run from."""
    wanted = f"{app.container}/{_file_of(deployment.removeprefix(_MARK))}"
    if app.settings.read().get(PACKAGE_SETTING) == wanted:
        return DeploymentState(DeploymentStatus.SUCCEEDED)
    return DeploymentState(DeploymentStatus.FAILED, "the app was told to run from another package since")


def _file_of(digest: str) -> str:
    return f"{digest}.zip"


def _digest_of(package: Path) -> str:
    with package.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
