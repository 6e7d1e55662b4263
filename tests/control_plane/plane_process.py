"""A control plane as a real process, and the real SDK clients to drive it."""

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.identity import ManagedIdentityCredential
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.web import WebSiteManagementClient

T = TypeVar("T")
CHECKOUT = Path(__file__).resolve().parents[2]
STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in_host.py")))


class LoopbackBearerPolicy(BearerTokenCredentialPolicy):
    """Sends tokens over plain HTTP, to this machine only."""

    def on_request(self, request) -> None:
        if urlsplit(request.http_request.url).hostname == "127.0.0.1":
            request.context.options["enforce_https"] = False
        super().on_request(request)


@dataclass
class ControlPlaneProcess:
    """`python -m local_azure serve` on a state folder."""

    state: Path
    host_command: tuple[str, ...] | None = None
    options: tuple[str, ...] = ()
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> "ControlPlaneProcess":
        self.state.mkdir(parents=True, exist_ok=True)
        bootstrap = self.state / "bootstrap.json"
        before = bootstrap.stat().st_mtime_ns if bootstrap.exists() else 0
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "A_SECRET_OF_THE_OPERATOR": "not for sites"}
        if self.host_command:
            environment["LOCAL_AZURE_HOST_COMMAND"] = shlex.join(self.host_command)
        command = [sys.executable, "-m", "local_azure", "serve", "--port", str(self.port), "--state", str(self.state)]
        with (self.state / "serve.log").open("ab") as log:
            self.process = subprocess.Popen([*command, *self.options], stdout=log, stderr=log, env=environment)
        until(lambda: self._is_ready(before), 30, self.log)
        self.port = urlsplit(self.bootstrap["baseUrl"]).port or 0
        return self

    def _is_ready(self, before: int) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        bootstrap = self.state / "bootstrap.json"
        return bootstrap.exists() and bootstrap.stat().st_mtime_ns > before

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)

    def log(self) -> str:
        return (self.state / "serve.log").read_text()

    @property
    def bootstrap(self) -> dict[str, str]:
        return json.loads((self.state / "bootstrap.json").read_text())

    def token(self, resource: str = "https://management.azure.com") -> str:
        response = httpx.get(
            self.bootstrap["identityEndpoint"],
            params={"api-version": "2019-08-01", "resource": resource},
            headers={"X-IDENTITY-HEADER": self.bootstrap["identityHeader"]},
        )
        return response.raise_for_status().json()["access_token"]

    def http(self) -> httpx.Client:
        """Return a plain client of the control plane with a token and an api-version."""
        return httpx.Client(
            base_url=self.bootstrap["baseUrl"],
            headers={"Authorization": f"Bearer {self.token()}"},
            params={"api-version": "2025-05-01"},
            timeout=30,
        )

    def set_fault(self, path: str, fault: str, **rule: Any) -> str:
        """Make calls go wrong; return the id of the rule."""
        with self.http() as http:
            answer = http.post("/local-azure/faults", json={"path": path, "fault": fault, **rule})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def hits(self, rule: str) -> int:
        """Return how often a fault has struck."""
        with self.http() as http:
            rules = http.get("/local-azure/faults").json()["value"]
        return next(one["hits"] for one in rules if one["id"] == rule)

    def clear_faults(self) -> None:
        """Make everything go right again."""
        with self.http() as http:
            assert http.delete("/local-azure/faults").status_code == 204

    def row(self, site: str) -> dict[str, object]:
        with self.http() as http:
            rows = http.get("/local-azure/sites").json()["value"]
        return next(row for row in rows if row["name"] == site)


def until(condition: Callable[[], T], seconds: float = 20, explain: Callable[[], object] = lambda: "") -> T:
    """Wait until the condition holds and return what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.03)
    raise AssertionError(f"{condition} did not come true in {seconds} s\n{explain()}")


GROUP = "versions"


class Azure:
    """The SDK clients of one control plane, authenticated as a managed identity."""

    def __init__(self, plane: ControlPlaneProcess, monkeypatch: pytest.MonkeyPatch, retry_total: int = 2) -> None:
        monkeypatch.setenv("IDENTITY_ENDPOINT", plane.bootstrap["identityEndpoint"])
        monkeypatch.setenv("IDENTITY_HEADER", plane.bootstrap["identityHeader"])
        self.plane = plane
        credential = ManagedIdentityCredential()
        self.group = f"/subscriptions/{plane.bootstrap['subscriptionId']}/resourceGroups/{GROUP}"
        options = {
            "credential": credential,
            "subscription_id": plane.bootstrap["subscriptionId"],
            "base_url": plane.bootstrap["baseUrl"],
            "polling_interval": 0,
            "retry_total": retry_total,
        }
        policy = LoopbackBearerPolicy(credential, "https://management.azure.com/.default")
        self.web = WebSiteManagementClient(**options, authentication_policy=policy)
        self.resources = ResourceManagementClient(**options, authentication_policy=policy)
        token = credential.get_token("https://appservice.azure.com/.default").token
        self.scm = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def make_group(self) -> None:
        self.resources.resource_groups.create_or_update(GROUP, {"location": "eastus2", "tags": {"router": "r1"}})

    def make_plan(self, name: str, sku: str = "FC1", tier: str = "FlexConsumption") -> Any:
        body = {"location": "eastus2", "kind": "functionapp", "properties": {"reserved": True}}
        body["sku"] = {"name": sku, "tier": tier}
        return self.web.app_service_plans.begin_create_or_update(GROUP, name, body).result()

    def site_body(self, plan: str, settings: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
        pairs = [{"name": name, "value": value} for name, value in (settings or {}).items()]
        properties = {
            "serverFarmId": f"{self.group}/providers/Microsoft.Web/serverfarms/{plan}",
            "siteConfig": {"appSettings": pairs},
            "functionAppConfig": {
                "deployment": {
                    "storage": {
                        "type": "blobContainer",
                        "value": "https://store.blob.core.windows.net/packages",
                        "authentication": {"type": "SystemAssignedIdentity"},
                    }
                },
                "runtime": {"name": "python", "version": "3.11"},
                "scaleAndConcurrency": {"maximumInstanceCount": 100, "instanceMemoryMB": 2048},
            },
        }
        body = {"location": "eastus2", "kind": "functionapp,linux", "tags": {"router": "r1"}, "properties": properties}
        return {**body, "identity": {"type": "SystemAssigned"}, **changes}

    def make_site(self, name: str, settings: dict[str, str] | None = None) -> Any:
        """Make a Flex site in a group and plan of its own."""
        self.make_group()
        self.make_plan(f"{name}-plan")
        body = self.site_body(f"{name}-plan", settings)
        return self.web.web_apps.begin_create_or_update(GROUP, name, body).result()

    def get_site(self, name: str) -> Any:
        return self.web.web_apps.get(GROUP, name)

    def post_package(self, site: Any, package: bytes, query: str = "RemoteBuild=true") -> httpx.Response:
        return self.scm.post(f"{scm_url(site)}/api/publish?{query}", content=package)

    def publish(self, site: Any, files: dict[str, str | bytes]) -> dict[str, Any]:
        """Deploy files and return the deployment once it has ended."""
        response = self.post_package(site, zip_of(files))
        assert response.status_code == 202, response.text
        return self._ended(response.headers["Location"])

    def zip_deploy(self, site: Any, files: dict[str, str | bytes]) -> dict[str, Any]:
        """Deploy files the way that plans other than Flex have."""
        response = self.scm.post(f"{scm_url(site)}/api/zipdeploy?isAsync=true", content=zip_of(files))
        assert response.status_code == 202, response.text
        return self._ended(response.headers["Location"])

    def _ended(self, url: str) -> dict[str, Any]:
        return until(lambda: (found := self.scm.get(url).json())["complete"] and found, 60)


def scm_url(site: Any) -> str:
    return "http://" + next(state.name for state in site.host_name_ssl_states if state.host_type == "Repository")


def zip_of(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
