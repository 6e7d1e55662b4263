"""The Azure implementation of the platform port."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.azure_backend.settings import AzureSettings
from provisioning.port import AppHealth, DeploymentState, HostKeys, OwnedApp, Pending, Ready
from provisioning.spec import AppSpec

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


class AzurePlatform:
    """Version apps on Azure (AppPlatform, port.py). Loads the Azure SDKs when it is first used."""

    def __init__(self, settings: AzureSettings, credential: "TokenCredential | None" = None) -> None:
        self._settings = settings
        self._credential = credential

    def ensure_app(self, spec: AppSpec, continuation: str | None = None) -> Ready | Pending:
        """Bring the app to its specification."""
        raise NotImplementedError

    def publish(self, app_name: str, package: Path) -> str:
        """Send a package to the app and return the deployment's id."""
        raise NotImplementedError

    def check_deployment(self, app_name: str, deployment: str) -> DeploymentState:
        """Look once how a deployment fares."""
        raise NotImplementedError

    def observe_health(self, app_name: str) -> AppHealth:
        """Look once at the app's host."""
        raise NotImplementedError

    def host_keys(self, app_name: str) -> HostKeys:
        """Read the app's keys."""
        raise NotImplementedError

    def ensure_absent(self, app_name: str, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Stop and delete the app and what was made for it."""
        raise NotImplementedError

    def list_owned(self) -> tuple[OwnedApp, ...]:
        """Return every app that carries this router's tag."""
        raise NotImplementedError
