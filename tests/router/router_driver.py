"""A client of a router under test, with the keys of all roles."""

import time
from collections.abc import Callable
from typing import Any

import httpx

PROBLEM = "urn:durable-router:problem:"


class RouterDriver:
    """Calls one application of a router; answers are httpx responses."""

    def __init__(self, url: str, keys: dict[str, str], application: str) -> None:
        self.url, self.keys, self.application = url, keys, application
        self.past_traces: dict[str, str] = {}
        """Of version apps that are gone since."""
        self.http = httpx.Client(base_url=f"{url}/api/{application}", timeout=30)

    def close(self) -> None:
        self.http.close()

    def call(self, role: str, method: str, path: str, **sent: Any) -> httpx.Response:
        headers = {"x-functions-key": self.keys[role], **sent.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **sent)

    def start(self, name: str, body: Any = None, *, key: str = "", version: str = "", **sent: Any) -> httpx.Response:
        path = f"/orchestrations/{name}/{key}" if key else f"/orchestrations/{name}"
        params = {**({"version": version} if version else {}), **sent.pop("params", {})}
        return self.call("client", "POST", path, json=body, params=params, **sent)

    def status(self, instance_id: str, **params: Any) -> httpx.Response:
        return self.call("client", "GET", f"/instances/{instance_id}", params=params)

    def command(self, instance_id: str, verb: str, **sent: Any) -> httpx.Response:
        return self.call("client", "POST", f"/instances/{instance_id}/{verb}", **sent)

    def release(self, version: str, package: bytes, **sent: Any) -> httpx.Response:
        return self.call("release", "PUT", f"/releases/{version}", content=package, **sent)

    def routes(self) -> Any:
        response = self.call("admin", "GET", "/routes")
        assert response.status_code == 200, response.text
        return response.json()

    def generation(self) -> int:
        """The table's, or -1 when there is none."""
        response = self.call("admin", "GET", "/routes")
        return response.json()["generation"] if response.status_code == 200 else -1

    def line(self, name: str) -> Any:
        lines = self.routes()["lines"]
        return lines[name] if isinstance(lines, dict) else next(line for line in lines if line["name"] == name)

    def deploy(self, version: str, package: bytes) -> Any:
        """Release and wait until it is active."""
        response = self.release(version, package)
        assert response.status_code in (200, 202), response.text
        return self.await_json(
            lambda: self.call("release", "GET", f"/releases/{version}"),
            lambda release: release["status"] in ("active", "failed"),
            what=f"{version} to be active",
            ended=lambda release: release["status"] == "active",
        )

    def finished(self, instance_id: str, seconds: float = 30) -> Any:
        """Wait for the instance's end."""
        terminal = {"Completed", "Failed", "Terminated", "Canceled"}
        return self.await_json(
            lambda: self.status(instance_id),
            lambda status: status["runtimeStatus"] in terminal,
            what=f"{instance_id} to end",
            seconds=seconds,
        )

    def await_custom_status(self, instance_id: str, wanted: Any) -> Any:
        return self.await_json(
            lambda: self.status(instance_id),
            lambda status: status["customStatus"] == wanted,
            what=f"{instance_id} to say {wanted!r}",
        )

    def await_line(self, name: str, status: str, seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        while (line := self.line(name))["status"] != status:
            assert time.monotonic() < deadline, f"waited for {name} to be {status}; it is {line}"
            time.sleep(0.1)
        return line

    def await_json(
        self,
        ask: Callable[[], httpx.Response],
        is_reached: Callable[[Any], bool],
        *,
        what: str,
        seconds: float = 60,
        ended: Callable[[Any], bool] | None = None,
    ) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            response = ask()
            assert response.status_code < 500, response.text
            if response.status_code in (200, 202) and is_reached(response.json()):
                found = response.json()
                assert ended is None or ended(found), found
                return found
            assert time.monotonic() < deadline, f"waited for {what}; last: {response.status_code} {response.text}"
            time.sleep(0.05)


def problem_of(response: httpx.Response) -> str:
    """The slug of a problem answer, checked for its form."""
    assert response.headers["content-type"].startswith("application/problem+json"), response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert len(body["detail"]) > 20, body
    assert body["type"].startswith(PROBLEM)
    return str(body["type"].removeprefix(PROBLEM))
