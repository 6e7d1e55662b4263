"""Looks at an app's host: does it run, which functions did it index, is its durable key there?"""

from collections.abc import Mapping
from typing import Any

from provisioning.azure_backend.http_calls import Answer
from provisioning.azure_backend.site_http import SiteHttp
from provisioning.errors import TemporaryError
from provisioning.functions import AppFunction, TriggerKind, function_of
from provisioning.host_error import summarise_error
from provisioning.port import AppHealth, HostKeys

UNREACHABLE = "Unreachable"

_DURABLE = frozenset({TriggerKind.ORCHESTRATOR, TriggerKind.ACTIVITY, TriggerKind.ENTITY})


def read_host_keys(document: Mapping[str, Any]) -> HostKeys:
    """Read Resource Manager's answer to listkeys."""
    system, functions = document.get("systemKeys") or {}, document.get("functionKeys") or {}
    return HostKeys(
        master=str(document.get("masterKey") or ""),
        durable=system.get("durabletask_extension") or None,
        default=functions.get("default") or None,
    )


def observe_health(sites: SiteHttp, host: str, keys: HostKeys) -> AppHealth:
    """Look once at the host; one that does not answer is not ready, with the reason."""
    try:
        status = sites.call_host(host, "/admin/host/status", key=keys.master)
        listed = sites.call_host(host, "/admin/functions", key=keys.master)
    except TemporaryError as exc:
        return AppHealth(UNREACHABLE, (), ready=False, reason=exc.message)
    document = status.json()
    if status.status != 200 or not isinstance(document, dict):
        return AppHealth(UNREACHABLE, (), ready=False, reason=f"the host answered {status.status} when asked how it is")
    functions = read_functions(listed)
    state = str(document.get("state") or "Unknown")
    reason = _why_not_ready(state, document, functions, keys)
    return AppHealth(state, functions or (), ready=reason is None, reason=reason or "")


def read_functions(answer: Answer) -> tuple[AppFunction, ...] | None:
    """Read the host's list of functions, sorted; None if it gave none. Disabled ones do not serve and are left out."""
    entries = answer.json()
    if answer.status != 200 or not isinstance(entries, list):
        return None
    enabled = [entry for entry in entries if isinstance(entry, dict) and not entry.get("isDisabled")]
    return tuple(sorted(function_of(str(entry.get("name") or ""), _bindings(entry)) for entry in enabled))


def _bindings(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    bindings = (entry.get("config") or {}).get("bindings") or []
    return [binding for binding in bindings if isinstance(binding, dict)]


def _why_not_ready(
    state: str, document: Mapping[str, Any], functions: tuple[AppFunction, ...] | None, keys: HostKeys
) -> str | None:
    if state.lower() != "running":
        errors = [summarise_error(str(error)) for error in document.get("errors") or ()]
        return f"the host is in state {state}" + (f": {errors[0]}" if errors else "")
    if functions is None:
        return "the host does not list its functions yet"
    if not functions:
        return "the host has indexed no functions"
    if keys.durable is None and any(function.kind in _DURABLE for function in functions):
        return "the key of the durable HTTP API is not there yet"
    return None
