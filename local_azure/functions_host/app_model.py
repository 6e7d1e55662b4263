"""Builds the model of an app from what its worker reports, and says what this host does not run; pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from local_azure.functions_host.app_settings import resolve_references
from local_azure.functions_host.ports import AppModel, FunctionInfo, FunctionKind, LoadError

DURABLE_CLIENT = "durableclient"
DURABLE_TYPES = {"orchestrationtrigger", "activitytrigger", "entitytrigger", DURABLE_CLIENT}
SERVED_INPUTS = {"httptrigger", "timertrigger", *DURABLE_TYPES}
SERVED_OUTPUTS = {"http"}
DURABLE_NAME_KEYS = {
    FunctionKind.ORCHESTRATOR: "orchestration",
    FunctionKind.ACTIVITY: "activity",
    FunctionKind.ENTITY: "entityName",
}
KINDS = {kind.value.lower(): kind for kind in FunctionKind}
GRPC_SDK = "2.x"
JSON_SDK = "1.x"


@dataclass(frozen=True, slots=True)
class LoadedApp:
    """The model, and why some of its functions do not run (by function name)."""

    model: AppModel
    not_running: Mapping[str, str] = field(default_factory=dict)


def failed_app(message: str, traceback: str = "") -> LoadedApp:
    """Describe an app that could not be loaded."""
    return LoadedApp(AppModel(error=LoadError(message, traceback)))


def build_app(functions: Iterable[Mapping[str, Any]], settings: Mapping[str, str]) -> LoadedApp:
    """Build the model from the worker's listing: `{"name": …, "bindings": [raw JSON, …]}` per function."""
    infos, reasons = [], {}
    for entry in functions:
        bindings = tuple(resolve_binding(json.loads(raw), settings) for raw in entry["bindings"])
        reason = why_not_running(entry["name"], bindings, settings)
        if reason:
            reasons[entry["name"]] = reason
        infos.append(describe_function(entry["name"], bindings, is_running=not reason))
    sdk = durable_sdk(infos)
    if sdk == GRPC_SDK:
        return failed_app(
            "the app uses azure-functions-durable 2.x, whose gRPC protocol this host does not speak;"
            " pin azure-functions-durable<2"
        )
    return LoadedApp(AppModel(functions=tuple(infos), durable_sdk=sdk), reasons)


def resolve_binding(binding: dict[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    """Replace `%SETTING%` references in a binding's texts."""
    return {
        key: resolve_references(value, settings) if isinstance(value, str) else value for key, value in binding.items()
    }


def describe_function(name: str, bindings: tuple[Mapping[str, Any], ...], *, is_running: bool) -> FunctionInfo:
    """Classify one function."""
    trigger = next(b for b in bindings if str(b["type"]).lower().endswith("trigger"))
    kind = KINDS.get(str(trigger["type"]).lower(), FunctionKind.UNSERVED)
    durable_name = None
    if kind in DURABLE_NAME_KEYS:
        durable_name = trigger.get(DURABLE_NAME_KEYS[kind]) or name
        durable_name = durable_name.lower() if kind is FunctionKind.ENTITY else durable_name
    return FunctionInfo(name, kind if is_running else FunctionKind.UNSERVED, bindings, durable_name)


def why_not_running(name: str, bindings: Iterable[Mapping[str, Any]], settings: Mapping[str, str]) -> str | None:
    """Say why this host does not run a function; None when it does."""
    if is_disabled(name, settings):
        return f"disabled by the setting AzureWebJobs.{name}.Disabled"
    unserved = sorted({str(binding["type"]) for binding in bindings if not is_served(binding)})
    return f"this host does not serve the binding {', '.join(unserved)}" if unserved else None


def is_served(binding: Mapping[str, Any]) -> bool:
    """Tell whether this host knows the binding."""
    served = SERVED_OUTPUTS if str(binding["direction"]).upper() == "OUT" else SERVED_INPUTS
    return str(binding["type"]).lower() in served


def is_disabled(name: str, settings: Mapping[str, str]) -> bool:
    """Tell whether a setting switches the function off; both spellings of its name are in use."""
    keys = (f"AzureWebJobs.{name}.Disabled", f"AzureWebJobs__{name}__Disabled", f"AzureWebJobs_{name}_Disabled")
    return any(settings.get(key, "").lower() in {"1", "true"} for key in keys)


def durable_sdk(functions: Iterable[FunctionInfo]) -> str | None:
    """Tell the SDK generation from the bindings (PROTOCOL section 1)."""
    durable = [b for f in functions for b in f.bindings if str(b["type"]).lower() in DURABLE_TYPES]
    if any(b.get("durableRequiresGrpc") for b in durable):
        return GRPC_SDK
    return JSON_SDK if durable else None


def client_inputs(function: FunctionInfo) -> list[Mapping[str, Any]]:
    """Return the non-trigger input bindings, which are durable clients, in declared order."""
    return [b for b in function.bindings if str(b["type"]).lower() == DURABLE_CLIENT]


def without(app: LoadedApp, reasons: Mapping[str, str]) -> LoadedApp:
    """Mark functions as not running, for reasons that showed after the load (by function name)."""
    if not reasons:
        return app
    functions = tuple(replace(f, kind=FunctionKind.UNSERVED) if f.name in reasons else f for f in app.model.functions)
    return LoadedApp(replace(app.model, functions=functions), {**app.not_running, **reasons})
