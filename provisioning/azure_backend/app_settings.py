"""The app settings of one app or slot, read and written whole."""

from collections.abc import Mapping
from dataclasses import dataclass

from provisioning.azure_backend.arm import Arm
from provisioning.azure_backend.arm_slots import ArmSlots


@dataclass(frozen=True, slots=True)
class SettingsOf:
    """Settings of an app, or of a slot of it."""

    arm: Arm
    app: str
    slot: str = ""

    def read(self) -> dict[str, str]:
        """Read all of them."""
        return ArmSlots(self.arm, self.app).settings(self.slot) if self.slot else self.arm.settings_of(self.app)

    def write(self, settings: Mapping[str, str]) -> None:
        """Replace all of them."""
        if self.slot:
            ArmSlots(self.arm, self.app).put_settings(self.slot, settings)
        else:
            self.arm.put_settings(self.app, settings)

    def drop(self, name: str) -> None:
        """Take one away, if it is there."""
        settings = self.read()
        if name in settings:
            self.write({key: value for key, value in settings.items() if key != name})
