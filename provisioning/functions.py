"""The functions of an app, as routing sees them: read from raw bindings, whoever reports those."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class TriggerKind(StrEnum):
    """Kinds of functions that matter to routing, named as their triggers are on the wire."""

    ORCHESTRATOR = "orchestrationTrigger"
    ACTIVITY = "activityTrigger"
    ENTITY = "entityTrigger"
    HTTP = "httpTrigger"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class AppFunction:
    """One function; `name` is the durable name for orchestrators, activities and (lower-cased) entities."""

    name: str
    kind: TriggerKind


DURABLE_NAME_KEYS = {
    TriggerKind.ORCHESTRATOR: "orchestration",
    TriggerKind.ACTIVITY: "activity",
    TriggerKind.ENTITY: "entityName",
}
"""The binding key that overrides a function's durable name."""


def durable_name(function_name: str, kind: TriggerKind, override: str | None) -> str:
    """Return the name that clients and orchestrators call the function by."""
    name = override or function_name
    # The durable extension lower-cases entity names; those of orchestrators and activities keep their case.
    return name.lower() if kind is TriggerKind.ENTITY else name


def function_of(name: str, bindings: Iterable[Mapping[str, Any]]) -> AppFunction:
    """Read a function's kind and durable name off its raw bindings."""
    for binding in bindings:
        trigger = str(binding.get("type", ""))
        if not trigger.lower().endswith("trigger"):
            continue
        kind = _kind_of(trigger)
        override = binding.get(DURABLE_NAME_KEYS.get(kind, ""))
        return AppFunction(durable_name(name, kind, override if isinstance(override, str) else None), kind)
    return AppFunction(name, TriggerKind.OTHER)


def _kind_of(trigger: str) -> TriggerKind:
    for kind in TriggerKind:
        if kind.value.lower() == trigger.lower():
            return kind
    return TriggerKind.OTHER
