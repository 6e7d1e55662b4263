"""Calls of Azure Resource Manager for the slots of an app, one per method; errors come out as ProvisioningError."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from azure.core.exceptions import ResourceNotFoundError

from provisioning.azure_backend.arm import Arm
from provisioning.azure_backend.bodies import Json
from provisioning.azure_backend.errors import translated
from provisioning.azure_backend.operations import Look, begin, resume
from provisioning.azure_backend.polling import Continuation

_INTO_PRODUCTION = {"targetSlot": "production", "preserveVnet": True}


class ArmSlots:
    """The slots of one app."""

    def __init__(self, arm: Arm, app: str) -> None:
        self._arm = arm
        self._app = app

    def get(self, slot: str) -> Json | None:
        """Read a slot; None if absent."""
        return self._arm.read(self._of("read", slot), lambda: self._web.get_slot(self._arm.group, self._app, slot))

    def names(self) -> tuple[str, ...]:
        """List the slots that are not production; none where the kind of plan has none."""
        with translated(f"list the slots of app {self._app}"):
            try:
                found = [str(slot.name) for slot in self._web.list_slots(self._arm.group, self._app)]
            except ResourceNotFoundError:
                return ()
        return tuple(name.rpartition("/")[2] for name in found)

    def put(self, slot: str, body: Json) -> Look:
        """Create or replace a slot."""
        return begin(self._of("create", slot), "slot", self._putting(slot, body))

    def look_at_put(self, slot: str, continuation: Continuation) -> Look:
        """Look once at the creation of a slot."""
        return resume(self._of("create", slot), continuation, self._putting(slot, {}))

    def swap(self, slot: str) -> Look:
        """Exchange the slot with production."""
        return begin(self._of("swap", slot), "swap", self._swapping(slot))

    def look_at_swap(self, slot: str, continuation: Continuation) -> Look:
        """Look once at a swap."""
        return resume(self._of("swap", slot), continuation, self._swapping(slot))

    def settings(self, slot: str) -> dict[str, str]:
        """Read all app settings of a slot."""
        with translated(self._of("read the settings of", slot)):
            answer = self._web.list_application_settings_slot(self._arm.group, self._app, slot)
            return {str(key): str(value) for key, value in (answer.get("properties") or {}).items()}

    def put_settings(self, slot: str, settings: Mapping[str, str]) -> None:
        """Replace all app settings of a slot."""
        with translated(self._of("write the settings of", slot)):
            body = cast(Any, {"properties": dict(settings)})
            self._web.update_application_settings_slot(self._arm.group, self._app, slot, body)

    def restart(self, slot: str) -> None:
        """Restart a slot and wait for it, then let Azure look at its triggers."""
        with translated(self._of("restart", slot)):
            self._web.restart_slot(self._arm.group, self._app, slot, soft_restart=False, synchronous=True)
            self._web.sync_function_triggers_slot(self._arm.group, self._app, slot)

    def sticky_names(self) -> Json:
        """Read what stays with its slot in a swap, by kind."""
        with translated(f"read what stays with the slots of app {self._app}"):
            answer = self._web.list_slot_configuration_names(self._arm.group, self._app).as_dict()
        return {kind: names for kind, names in (answer.get("properties") or {}).items() if names is not None}

    def put_sticky_names(self, names: Json) -> None:
        """Set what stays with its slot in a swap."""
        with translated(f"write what stays with the slots of app {self._app}"):
            body = cast(Any, {"properties": names})
            self._web.update_slot_configuration_names(self._arm.group, self._app, body)

    @property
    def _web(self) -> Any:
        return self._arm.web.web_apps

    def _putting(self, slot: str, body: Json) -> Callable[..., Any]:
        return partial(self._web.begin_create_or_update_slot, self._arm.group, self._app, slot, body)

    def _swapping(self, slot: str) -> Callable[..., Any]:
        return partial(self._web.begin_swap_slot, self._arm.group, self._app, slot, _INTO_PRODUCTION)

    def _of(self, verb: str, slot: str) -> str:
        return f"{verb} slot {slot} of app {self._app}"
