"""The task hub that an app leaves behind in its storage account: its queues, tables and containers, and their removal.

Only hubs of the default name, the sanitised app name, are known here. It holds our digest, so it is nobody else's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate

from azure.core.rest import HttpRequest

from provisioning.azure_backend.authentication import STORAGE_SCOPE
from provisioning.azure_backend.error_body import read_error_body
from provisioning.azure_backend.errors import error_for
from provisioning.azure_backend.http_calls import HttpCalls

_SERVICES = ("blob", "queue", "table")
_PARTITIONS = 16
"""The most that a hub can have; those beyond the default of four have been left behind by others."""

_TRACKING = ("History", "Instances")
"""The tables that a shared tracking store takes over."""

_HUB_LENGTH = 45

HUB_SETTING = "AzureFunctionsJobHost__extensions__durableTask__hubName"
"""Names the hub of a slot. Not that of an app: the scale controller looks at host.json's file only."""

_API_VERSION = "2021-12-02"


@dataclass(frozen=True, slots=True)
class HubPart:
    """One resource of a task hub."""

    name: str
    url: str


def hub_name(app: str) -> str:
    """Return the name that the durable extension derives from an app's: letters and digits, at most 45."""
    return re.sub(r"[^A-Za-z0-9]", "", app)[:_HUB_LENGTH]


def slot_hub_name(app: str, slot: str) -> str:
    """Return the name of a slot's hub. The extension derives none there: it refuses to start without a name."""
    own = re.sub(r"[^A-Za-z0-9]", "", slot)
    return f"{hub_name(app)[: _HUB_LENGTH - len(own)]}{own}"


def storage_endpoints(settings: Mapping[str, str]) -> dict[str, str] | None:
    """Find the app's storage by service, if it is reached with an identity; None for a connection string."""
    account = settings.get("AzureWebJobsStorage__accountName")
    endpoints = {
        service: settings.get(f"AzureWebJobsStorage__{service}ServiceUri", "").rstrip("/")
        or (f"https://{account}.{service}.core.windows.net" if account else "")
        for service in _SERVICES
    }
    return endpoints if all(endpoints.values()) else None


def hub_parts(hub: str, endpoints: Mapping[str, str], *, shared_tracking: bool = False) -> tuple[HubPart, ...]:
    """List every resource that is the hub's alone. A shared tracking store holds other apps' instances too."""
    lower = hub.lower()
    queues = [f"{lower}-workitems", *(f"{lower}-control-{number:02}" for number in range(_PARTITIONS))]
    tables = [f"{hub}{name}" for name in (*(() if shared_tracking else _TRACKING), "Partitions")]
    containers = [f"{lower}-{name}" for name in ("leases", "largemessages", "applease")]
    return (
        *(HubPart(f"queue {name}", f"{endpoints['queue']}/{name}") for name in queues),
        *(HubPart(f"table {name}", f"{endpoints['table']}/Tables('{name}')") for name in tables),
        *(HubPart(f"container {name}", f"{endpoints['blob']}/{name}?restype=container") for name in containers),
    )


def delete_part(calls: HttpCalls, part: HubPart) -> bool:
    """Delete one resource; False if it was not there."""
    headers = {"x-ms-version": _API_VERSION, "x-ms-date": formatdate(usegmt=True), "Accept": "application/json"}
    answer = calls.send(HttpRequest("DELETE", part.url, headers=headers), f"delete {part.name}", scope=STORAGE_SCOPE)
    if answer.status in (200, 202, 204):
        return True
    if answer.status == 404:
        return False
    raise error_for(answer.status, read_error_body(answer.text), f"delete {part.name}")
