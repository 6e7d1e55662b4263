"""The few Resource Manager and Kudu calls that put the router itself onto the local Azure, as any tool would."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devstack.errors import StackError

WEB_API = "2025-05-01"
RESOURCES_API = "2025-04-01"
ARM_AUDIENCE = "https://management.azure.com"
KUDU_AUDIENCE = "https://appservice.azure.com"
DEPLOYMENT_SUCCEEDED = 4
# Kudu's numbers for an end without success: cancelled, failed, conflict, partial success.
DEPLOYMENT_FAILED = frozenset({-1, 3, 5, 6})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How to reach the local Azure and get a token there, as its control plane wrote it down."""

    base_url: str
    identity_endpoint: str
    identity_header: str
    subscription: str

    @classmethod
    def read(cls, path: Path) -> "Bootstrap":
        """Read `bootstrap.json`."""
        content = json.loads(path.read_text())
        return cls(
            base_url=content["baseUrl"],
            identity_endpoint=content["identityEndpoint"],
            identity_header=content["identityHeader"],
            subscription=content["subscriptionId"],
        )


class Arm:
    """A client of the local Resource Manager."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        """Talk to the endpoint of `bootstrap`."""
        self.bootstrap = bootstrap
        self._http = httpx.Client(timeout=60)
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def put_group(self, name: str, location: str) -> None:
        """Make a resource group, or leave it as it is."""
        self._arm("PUT", self._group_path(name), {"location": location}, api=RESOURCES_API)

    def put_plan(self, group: str, name: str, location: str) -> str:
        """Make a Flex Consumption plan; return its id."""
        sku = {"name": "FC1", "tier": "FlexConsumption"}
        body = {"location": location, "kind": "functionapp", "sku": sku, "properties": {"reserved": True}}
        path = f"{self._group_path(group)}/providers/Microsoft.Web/serverfarms/{name}"
        return str(self._arm("PUT", path, body)["id"])

    def get_site(self, group: str, name: str) -> Json | None:
        """Return a site, or None."""
        response = self._send("GET", self._site_path(group, name))
        return None if response.status_code == httpx.codes.NOT_FOUND else self._read(response)

    def put_site(self, group: str, name: str, body: Json) -> Json:
        """Make or update a site with everything it needs in the one call."""
        return self._arm("PUT", self._site_path(group, name), body)

    def list_settings(self, group: str, name: str) -> dict[str, str]:
        """Return a site's app settings."""
        answer = self._arm("POST", f"{self._site_path(group, name)}/config/appsettings/list", {})
        return dict(answer["properties"])

    def master_key(self, group: str, name: str) -> str:
        """Return a site's master key."""
        answer = self._arm("POST", f"{self._site_path(group, name)}/host/default/listkeys", {})
        return str(answer["masterKey"])

    def list_running_sites(self) -> list[Json]:
        """Return every site with its process id; a call of the local Azure's own."""
        return list(self._arm("GET", "/local-azure/sites")["value"])

    def publish(self, scm_url: str, package: bytes, timeout_seconds: float = 120) -> None:
        """Publish a zip to a site and wait until it is deployed."""
        headers = {**self._authorization(KUDU_AUDIENCE), "Content-Type": "application/zip"}
        response = self._http.post(f"{scm_url}/api/publish?RemoteBuild=false", headers=headers, content=package)
        _refuse_errors(response)
        deadline = time.monotonic() + timeout_seconds
        while (state := self._deployment(f"{scm_url}/api/deployments/{response.json()}"))["status"] != (
            DEPLOYMENT_SUCCEEDED
        ):
            if state["status"] in DEPLOYMENT_FAILED or time.monotonic() > deadline:
                raise StackError(f"the router's package was not deployed: {state}")
            time.sleep(0.1)

    def _deployment(self, url: str) -> Json:
        response = self._http.get(url, headers=self._authorization(KUDU_AUDIENCE))
        # Kudu may not know a deployment for a moment after it took it.
        return {"status": 0} if response.status_code == httpx.codes.NOT_FOUND else self._read(response)

    def _arm(self, method: str, path: str, body: Json | None = None, *, api: str = WEB_API) -> Json:
        return self._read(self._send(method, path, body, api=api))

    def _send(self, method: str, path: str, body: Json | None = None, *, api: str = WEB_API) -> httpx.Response:
        url = f"{self.bootstrap.base_url}{path}"
        headers = self._authorization(ARM_AUDIENCE)
        return self._http.request(method, url, params={"api-version": api}, json=body, headers=headers)

    def _read(self, response: httpx.Response) -> Json:
        _refuse_errors(response)
        return dict(response.json())

    def _authorization(self, audience: str) -> Mapping[str, str]:
        if audience not in self._tokens:
            params = {"api-version": "2019-08-01", "resource": audience}
            header = {"X-IDENTITY-HEADER": self.bootstrap.identity_header}
            response = self._http.get(self.bootstrap.identity_endpoint, params=params, headers=header)
            _refuse_errors(response)
            self._tokens[audience] = response.json()["access_token"]
        return {"Authorization": f"Bearer {self._tokens[audience]}"}

    def _group_path(self, group: str) -> str:
        return f"/subscriptions/{self.bootstrap.subscription}/resourceGroups/{group}"

    def _site_path(self, group: str, name: str) -> str:
        return f"{self._group_path(group)}/providers/Microsoft.Web/sites/{name}"


def scm_url(site: Json, scheme: str) -> str:
    """Return the URL of a site's deployment endpoint."""
    states = site["properties"]["hostNameSslStates"]
    return f"{scheme}://{next(s['name'] for s in states if s['hostType'] == 'Repository')}"


def _refuse_errors(response: httpx.Response) -> None:
    if response.is_error:
        call = f"{response.request.method} {response.request.url.path}"
        raise StackError(f"local Azure answered {response.status_code} to {call}: {response.text[:500]}")
