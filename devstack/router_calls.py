"""Calls on the router as its users make them, each shown as it happens."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from devstack.errors import StackError
from devstack.keys import RouterKeys
from devstack.narrator import Narrator

Json = dict[str, Any]
POLL_SECONDS = 0.15


class StoryError(StackError):
    """The story took another turn than it must."""


class RouterCalls:
    """A client of the router with the keys of all roles."""

    def __init__(self, url: str, keys: RouterKeys, narrator: Narrator) -> None:
        """Call the router at `url`."""
        self._http = httpx.Client(base_url=f"{url}/api", timeout=30)
        self._keys = {"client": keys.client, "release": keys.release, "admin": keys.admin}
        self._narrator = narrator

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def show(
        self, role: str, method: str, path: str, *, expect: int | None, body: Any = None, package: bytes = b""
    ) -> Any:
        """Make a call, show it, and return its JSON; StoryError unless it answers `expect` (None: any success)."""
        response = self._send(role, method, path, body, package)
        size = f"({len(package) / 1024:.1f} KiB)" if package else ""
        shown = f"{response.request.url.raw_path.decode()} {size}".strip()
        self._narrator.call(method, shown, _answer(response), _gist(response))
        return _read(response, expect)

    def look(self, role: str, path: str) -> Any:
        """Read something without showing it."""
        return _read(self._send(role, "GET", path, None, b""), None)

    def await_state(
        self,
        role: str,
        path: str,
        is_reached: Callable[[Any], bool],
        *,
        seconds: float,
        what: str,
        watch: Callable[[Any], None] | None = None,
    ) -> Any:
        """Read until something is so; StoryError when it takes too long."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.look(role, path)
            if watch is not None:
                watch(found)
            if is_reached(found):
                return found
            if time.monotonic() > deadline:
                raise StoryError(f"waited {seconds:.0f} s for {what}; last seen: {str(found)[:1500]}")
            time.sleep(POLL_SECONDS)

    def _send(self, role: str, method: str, path: str, body: Any, package: bytes) -> httpx.Response:
        headers = {"x-functions-key": self._keys[role]}
        try:
            if package:
                headers["content-type"] = "application/zip"
                return self._http.request(method, path, content=package, headers=headers)
            return self._http.request(method, path, json=body, headers=headers)
        except httpx.TransportError as exc:
            raise StoryError(f"{method} {path}: no answer from the router ({exc!r})") from exc


def expect(is_so: bool, what: str) -> None:
    """Stop the story unless something is so."""
    if not is_so:
        raise StoryError(f"expected that {what}")


def _answer(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}"


def _gist(response: httpx.Response) -> str:
    """Pick what matters to the story from an answer."""
    if not response.is_success or not response.content:
        return ""
    body: Json = response.json()
    said = [str(body[name]) for name in ("id", "version", "runtimeStatus", "customStatus") if body.get(name)]
    # `line=1.1; reason=…`: which line took the request.
    route = response.headers.get("x-durable-router-route", "").partition(";")[0]
    return ", ".join(said) + (f"  [{route.replace('=', ' ')}]" if route else "")


def _read(response: httpx.Response, expected: int | None) -> Any:
    is_right = response.is_success if expected is None else response.status_code == expected
    if not is_right:
        call = f"{response.request.method} {response.request.url.path}"
        raise StoryError(f"{call} answered {response.status_code}: {response.text[:1000]}")
    return response.json() if response.content else None
