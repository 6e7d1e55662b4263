"""Recorded traffic of the real Azure, and what it takes to ask the same of a local one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

RESOURCE_MANAGER = "management.azure.com"
_RESOURCE = re.compile(
    r"(?P<group>/subscriptions/[^/]+/resourcegroups/[^/]+)"
    r"(?P<resource>/providers/Microsoft\.Web/(?:serverfarms/[^/]+|sites/[^/]+(?:/slots/[^/]+)?))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Recorded:
    """One recorded interaction. Empty bodies are None; header names are in lower case."""

    number: int
    method: str
    url: str
    request_body: Any
    status: int
    headers: dict[str, str]
    body: Any
    is_whole: bool
    """Whether the recording has the whole answer."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def __str__(self) -> str:
        place = self.path if self.host == RESOURCE_MANAGER else f"scm{self.path}" if ".scm." in self.host else self.url
        return f"{self.number} {self.method} {place}"


def read_recording(file: Path) -> list[Recorded]:
    """Read the interactions of a file."""
    return [_recorded(number, one) for number, one in enumerate(json.loads(file.read_text())["interactions"])]


def _recorded(number: int, one: dict[str, Any]) -> Recorded:
    headers = {name.lower(): _first(value) for name, value in (one.get("response_headers") or {}).items()}
    subset = one.get("response_body_subset")
    return Recorded(
        number,
        one["method"],
        one["url"],
        one.get("request_body") or None,
        one["status"],
        headers,
        subset or one.get("response_body") or None,
        is_whole=subset is None,
    )


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)


@dataclass(frozen=True)
class Beginning:
    """A PUT that makes what was there before a recording began."""

    path: str
    body: dict[str, Any]


def beginnings(recording: list[Recorded]) -> list[Beginning]:
    """Return what has to be made first: whatever the recording reads or changes before it makes it itself."""
    seen: set[str] = set()
    needed: dict[str, Beginning] = {}
    for one in recording:
        for beginning in _resources_of(one):
            key = beginning.path.lower()
            is_own = beginning.path == one.path and one.method in ("GET", "PUT")
            # What another resource tells of it is less than its own answer.
            if key not in seen and not (one.method == "PUT" and is_own):
                needed.setdefault(key, beginning)
                needed[key] = beginning if is_own else needed[key]
            if is_own:
                seen.add(key)
    return [needed[key] for key in sorted(needed, key=_by_kind)]


def _resources_of(one: Recorded) -> Iterator[Beginning]:
    """Yield what an interaction needs: the group that it is in, the plan, and the site or slot that it is about."""
    found = _RESOURCE.match(one.path)
    if one.host != RESOURCE_MANAGER or one.status == 404:
        return
    if found is None:
        # A list of groups tells their tags.
        groups = one.body.get("value", ()) if "/resourcegroups" in one.path.lower() and one.body else ()
        yield from (Beginning(group["id"], _group_body(group)) for group in groups)
        return
    is_group = one.path == found["group"]
    location = one.body.get("location") if isinstance(one.body, dict) else None
    yield Beginning(
        found["group"], _group_body(one.body) if is_group and one.body else {"location": location or "eastus2"}
    )
    if found["resource"] and one.path == found[0] and one.method in ("GET", "PUT") and one.body:
        yield from _plan_of(one.body)
        yield Beginning(one.path, _resource_body(one.body))


def _group_body(group: dict[str, Any]) -> dict[str, Any]:
    return {"location": group["location"], "tags": group.get("tags") or {}}


def _plan_of(resource: dict[str, Any]) -> Iterator[Beginning]:
    """Yield the plan that a site is on, as far as the site tells."""
    plan, tier = resource["properties"].get("serverFarmId"), resource["properties"].get("sku")
    if "/sites/" in resource["id"] and plan and tier != "Dynamic":
        size = {"Standard": "S1", "FlexConsumption": "FC1"}[tier]
        properties = {"reserved": resource["properties"]["reserved"]}
        yield Beginning(plan, {"location": resource["location"], "sku": {"name": size}, "properties": properties})


def _resource_body(resource: dict[str, Any]) -> dict[str, Any]:
    """Write the PUT that ends in this resource."""
    names = ("functionAppConfig", "reserved", "httpsOnly", "clientAffinityEnabled")
    properties = {name: resource["properties"].get(name) for name in names if resource["properties"].get(name)}
    if "sku" not in resource:
        properties["serverFarmId"] = resource["properties"]["serverFarmId"]
        properties["siteConfig"] = _config_body(resource["properties"].get("siteConfig", {}))
    body = {name: resource[name] for name in ("location", "kind", "tags", "sku") if resource.get(name)}
    identity = {"identity": {"type": resource["identity"]["type"]}} if resource.get("identity") else {}
    return {**body, **identity, "properties": properties}


def _config_body(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if isinstance(value, (str, bool)) and value}


def _by_kind(key: str) -> int:
    """Order groups before plans before sites before their slots."""
    return ("/serverfarms/" in key) + 2 * ("/sites/" in key) + ("/slots/" in key)
