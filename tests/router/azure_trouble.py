"""Trouble in the local Azure of a router under test: faults, locks, what a deployment endpoint tells, kills."""

import os
import signal
import time
from typing import Any

import httpx

from devstack.arm import ARM_AUDIENCE, KUDU_AUDIENCE, scm_url
from devstack.router_site import SITE, VERSIONS_GROUP, await_ready
from devstack.stack import Stack

FAULTS = "/local-azure/faults"


class AzureTrouble:
    """Makes the local Azure of one stack fail, for one application; ends it all when closed."""

    def __init__(self, stack: Stack, application: str) -> None:
        self.stack, self.application = stack, application
        self._http = httpx.Client(base_url=stack.arm.bootstrap.base_url, headers=self._token(ARM_AUDIENCE), timeout=30)

    def close(self) -> None:
        self._http.delete(FAULTS).raise_for_status()
        self._http.close()

    def on(self, method: str, kind: str, fault: str, **rule: Any) -> str:
        """Let calls about the application's sites or serverfarms fail; return the rule's id."""
        name = {"sites": self.application, "serverfarms": f"plan-{self.application}"}[kind]
        path = f"**/providers/Microsoft.Web/{kind}/{name}-*"
        return self._set({"method": method, "path": path, "fault": fault, **rule})

    def on_publish(self, fault: str, **rule: Any) -> str:
        return self._set({"path": f"scm/{self.application}-*/api/publish", "fault": fault, **rule})

    def count(self, method: str, kind: str) -> str:
        """Only count such calls, of those that no other rule is about."""
        return self.on(method, kind, "slow", times=None, seconds=0)

    def count_polls(self) -> str:
        """Only count the looks at operations that a fault has made long."""
        path = "**/locations/local/operationResults/*"
        return self._set({"method": "GET", "path": path, "fault": "slow", "times": None, "seconds": 0})

    def hits(self, rule: str) -> int:
        rules = self._http.get(FAULTS).raise_for_status().json()["value"]
        return int(next(one["hits"] for one in rules if one["id"] == rule))

    def lock(self, method: str, site: str) -> None:
        """PUT or DELETE a lock `audit` on a version app."""
        path = f"{self.stack.arm._site_path(VERSIONS_GROUP, site)}/providers/Microsoft.Authorization/locks/audit"
        body = {"properties": {"level": "CanNotDelete", "notes": "ask Ada"}} if method == "PUT" else None
        self._http.request(method, path, params={"api-version": "2020-05-01"}, json=body).raise_for_status()

    def deployments(self, site: str) -> list[dict[str, Any]]:
        """What the site's deployment endpoint tells, the oldest first."""
        found = self.stack.arm.get_site(VERSIONS_GROUP, site)
        url = f"{scm_url(found, 'http')}/api/deployments"
        listed = self._http.get(url, headers=self._token(KUDU_AUDIENCE)).raise_for_status().json()
        return sorted(listed, key=lambda one: one["received_time"])

    def sites(self) -> list[str]:
        names = [str(site["name"]) for site in self.stack.arm.list_running_sites()]
        return [name for name in names if name.startswith(f"{self.application}-")]

    def kill_router(self) -> None:
        """Kill -9 of the router's host, which the local Azure starts again."""
        sites = {site["name"]: site for site in self.stack.arm.list_running_sites()}
        os.kill(int(sites[SITE]["pid"]), signal.SIGKILL)
        await_ready(self.stack.url, self.stack.keys, self.stack.router_log)

    def await_hits(self, rule: str, least: int, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while self.hits(rule) < least:
            assert time.monotonic() < deadline, f"rule {rule} struck {self.hits(rule)} times, not {least}"
            time.sleep(0.05)

    def _set(self, rule: dict[str, Any]) -> str:
        return str(self._http.post(FAULTS, json=rule).raise_for_status().json()["id"])

    def _token(self, audience: str) -> dict[str, str]:
        return dict(self.stack.arm._authorization(audience))
