"""The Azure implementation of the platform port: finds the app in question and hands on to the module that does it."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.azure_backend.bodies import Json, is_flex, scm_host, site_host, tags_of
from provisioning.azure_backend.settings import AzureSettings
from provisioning.credentials import open_credential
from provisioning.errors import NotOursError, PermanentError, ProvisioningError, TemporaryError
from provisioning.hosting import PublishMethod, choose_publish_method
from provisioning.port import AppHealth, DeploymentState, HostKeys, OwnedApp, Pending, Ready
from provisioning.spec import PACKAGE_SETTING, TAG_PACKAGE, TAG_ROUTER, AppSpec, container_url

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from provisioning.azure_backend.arm import Arm
    from provisioning.azure_backend.containers import Containers
    from provisioning.azure_backend.http_calls import HttpCalls
    from provisioning.azure_backend.package_running import RunningApp
    from provisioning.azure_backend.publishing import Scm
    from provisioning.azure_backend.site_http import SiteHttp

_log = logging.getLogger("durable_router")


class AzurePlatform:
    """Version apps on Azure (AppPlatform, port.py).

    The modules behind it load the Azure SDKs, so they are imported where they are first used.
    """

    def __init__(self, settings: AzureSettings, credential: "TokenCredential | None" = None) -> None:
        self._settings = settings
        self._given_credential = credential

    def ensure_app(self, spec: AppSpec, continuation: str | None = None) -> Ready | Pending:
        """Bring the app to its specification, from whatever state it is in."""
        from provisioning.azure_backend.ensuring import ensure_app

        return ensure_app(self._arm, self._containers, spec, continuation)

    def publish(self, app_name: str, package: Path, digest: str = "", *, slot: str = "") -> str:
        """Send a package to the app or a slot, unless that is known to have been done; return the deployment's id."""
        site = self._our_site(app_name)
        deployment = self._publish(site, slot, package, digest)
        if digest and not slot:
            self._note_package(site, digest)
        return deployment

    def check_deployment(self, app_name: str, deployment: str, *, slot: str = "") -> DeploymentState:
        """Look once how a deployment fares."""
        from provisioning.azure_backend.package_running import check_run, is_run
        from provisioning.azure_backend.publishing import check_deployment

        if is_run(deployment):
            return check_run(self._running_app(app_name, slot), deployment)
        return check_deployment(self._scm_of(self._slot_of(self._our_site(app_name), slot)), deployment)

    def ensure_slot(self, app_name: str, slot: str, continuation: str | None = None) -> Ready | Pending:
        """Bring a slot of the app to the app's configuration; PermanentError `no_slots` where there are none."""
        from provisioning.azure_backend.arm_slots import ArmSlots
        from provisioning.azure_backend.slots import ensure_slot

        site = self._our_site(app_name)
        # Each runs a package of its own.
        settings = {name: value for name, value in self._arm.settings_of(app_name).items() if name != PACKAGE_SETTING}
        return ensure_slot(ArmSlots(self._arm, app_name), site, settings, slot=slot, continuation=continuation)

    def swap_slot(self, app_name: str, slot: str, continuation: str | None = None) -> Pending | None:
        """Exchange a slot with production; None once that is done, and then not to be called again."""
        from provisioning.azure_backend.arm_slots import ArmSlots
        from provisioning.azure_backend.slots import swap_slot

        self._our_site(app_name)
        return swap_slot(ArmSlots(self._arm, app_name), slot, continuation)

    def observe_health(self, app_name: str) -> AppHealth:
        """Look once at the app's host."""
        from provisioning.azure_backend.health import UNREACHABLE, observe_health

        site = self._our_site(app_name)
        try:
            keys = self.host_keys(app_name)
        except TemporaryError as exc:
            # Azure asks the host for its keys: a host that starts has none to give.
            return AppHealth(UNREACHABLE, (), ready=False, reason=exc.message)
        return observe_health(self._sites, site_host(site), keys)

    def host_keys(self, app_name: str) -> HostKeys:
        """Read the app's keys."""
        from provisioning.azure_backend.health import read_host_keys

        return read_host_keys(self._arm.host_keys(app_name))

    def ensure_absent(
        self, app_name: str, tags: Mapping[str, str], continuation: str | None = None
    ) -> tuple[str, ...] | Pending:
        """Stop and delete the app and what was made for it, if its tags match."""
        from provisioning.azure_backend.removing import Tools, ensure_absent

        tools = Tools(self._arm, self._containers, self._calls, self._settings.run_from)
        return ensure_absent(tools, app_name, tags, continuation)

    def host_of(self, app_name: str) -> str:
        """Return where the app answers."""
        return site_host(self._our_site(app_name))

    def list_owned(self) -> tuple[OwnedApp, ...]:
        """Return every app that carries this router's tag."""
        found = self._arm.list_tagged(TAG_ROUTER, self._settings.router_id)
        sites = [item for item in found if str(item.get("type")).lower() == "microsoft.web/sites"]
        return tuple(OwnedApp(str(site["name"]), tags_of(site)) for site in sites)

    @cached_property
    def _credential(self) -> "TokenCredential":
        return self._given_credential or open_credential(self._settings.identity_client_id)

    @cached_property
    def _arm(self) -> "Arm":
        from provisioning.azure_backend.arm import Arm

        return Arm(self._settings, self._credential)

    @cached_property
    def _calls(self) -> "HttpCalls":
        from provisioning.azure_backend.http_calls import HttpCalls

        return HttpCalls(self._credential)

    @cached_property
    def _sites(self) -> "SiteHttp":
        from provisioning.azure_backend.site_http import SiteHttp

        return SiteHttp(self._settings.scheme, self._calls)

    @cached_property
    def _containers(self) -> "Containers":
        from provisioning.azure_backend.containers import Containers

        return Containers(self._credential)

    def _publish(self, site: Json, slot: str, package: Path, digest: str) -> str:
        from provisioning.azure_backend.app_settings import SettingsOf
        from provisioning.azure_backend.package_running import run_package
        from provisioning.azure_backend.publishing import RUNS_FROM_URL, publish

        app, target = str(site["name"]), self._slot_of(site, slot)
        run = choose_publish_method(flex=is_flex(site), run_from_package=self._settings.run_from is not None)
        if run is PublishMethod.RUN_FROM_PACKAGE:
            return run_package(self._running_app(app, slot), self._containers, package, digest)
        try:
            return publish(self._scm_of(target), package, digest)
        except TemporaryError as exc:
            # It ran from packages before, or Azure has built one for it on Linux Consumption.
            if exc.code == RUNS_FROM_URL:
                SettingsOf(self._arm, app, slot).drop(PACKAGE_SETTING)
            raise

    def _running_app(self, app: str, slot: str) -> "RunningApp":
        from provisioning.azure_backend.app_settings import SettingsOf
        from provisioning.azure_backend.arm_slots import ArmSlots
        from provisioning.azure_backend.package_running import RunningApp

        restart = partial(ArmSlots(self._arm, app).restart, slot) if slot else partial(self._arm.restart, app)
        container = container_url(self._settings.run_from or "", app)
        return RunningApp(f"{app}/{slot}" if slot else app, container, SettingsOf(self._arm, app, slot), restart)

    def _our_site(self, app_name: str) -> Json:
        """Read an app that must be there and carry this router's tag: nothing else is published to."""
        site = self._arm.get_site(app_name)
        if site is None:
            message = f"app {app_name} does not exist"
            raise PermanentError(message, "app_missing")
        if tags_of(site).get(TAG_ROUTER) != self._settings.router_id:
            message = f"app {app_name} does not carry this router's tag {TAG_ROUTER}={self._settings.router_id}"
            raise NotOursError(message)
        return site

    def _slot_of(self, site: Json, slot: str) -> Json:
        """Return the site itself, or a slot of it that must be there."""
        if not slot:
            return site
        from provisioning.azure_backend.arm_slots import ArmSlots

        found = ArmSlots(self._arm, str(site["name"])).get(slot)
        if found is None:
            message = f"app {site['name']} has no slot {slot}"
            raise PermanentError(message, "slot_missing")
        return found

    def _note_package(self, site: Json, digest: str) -> None:
        """Note on the app which package was published to it. Nothing is decided by it, so it may fail."""
        tags = tags_of(site)
        if tags.get(TAG_PACKAGE) == digest:
            return
        try:
            self._arm.put_tags(str(site["name"]), {**tags, TAG_PACKAGE: digest})
        except ProvisioningError as exc:
            _log.warning("The package of %s could not be noted in its tags: %s", site["name"], exc.message)

    def _scm_of(self, site: Json) -> "Scm":
        from provisioning.azure_backend.publishing import Scm

        host = scm_host(site)
        if not host:
            message = f"app {site['name']} has no deployment endpoint yet"
            raise TemporaryError(message, "scm_not_ready", timedelta(seconds=5))
        return Scm(self._sites, host, is_flex(site))
