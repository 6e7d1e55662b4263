"""Names the locks that forbid a change: Azure's refusal names only what is locked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from azure.core.rest import HttpRequest

from provisioning.azure_backend.arm import Arm
from provisioning.azure_backend.bodies import section
from provisioning.azure_backend.errors import translated
from provisioning.azure_backend.failures import LOCKED_CODE
from provisioning.errors import ProvisioningError, TemporaryError

_LOCKS = "/providers/Microsoft.Authorization/locks"
_API_VERSION = "2020-05-01"


@contextmanager
def locks_named(arm: Arm, path: str) -> Iterator[None]:
    """Add the names of the locks to the refusal of a change to the group's resource at `path`."""
    try:
        yield
    except TemporaryError as exc:
        if exc.code != LOCKED_CODE or not (names := _locks_about(arm, f"{arm.group_id}/{path}")):
            raise
        raise TemporaryError(f"{exc.message}; locks: {', '.join(names)}", exc.code, exc.retry_after) from exc


def _locks_about(arm: Arm, resource: str) -> tuple[str, ...]:
    """Name the locks of the group that concern the resource. That they cannot be read must not hide the refusal."""
    request = HttpRequest("GET", f"{arm.group_id}{_LOCKS}", params={"api-version": _API_VERSION})
    try:
        with translated("list the locks"):
            answer = arm.send(request)
    except ProvisioningError:
        return ()
    document = answer.json() if answer.status_code == 200 else {}
    return tuple(_described(lock) for lock in document.get("value") or () if _concerns(lock, resource))


def _concerns(lock: Mapping[str, Any], resource: str) -> bool:
    """Tell whether a lock is on the resource, above it or on something in it."""
    scope = str(lock.get("id")).lower().partition(_LOCKS.lower())[0] + "/"
    wanted = resource.lower() + "/"
    return wanted.startswith(scope) or scope.startswith(wanted)


def _described(lock: Mapping[str, Any]) -> str:
    properties = section(lock, "properties")
    notes = f": {properties['notes']}" if properties.get("notes") else ""
    return f"{lock.get('name')} ({properties.get('level')}{notes})"
