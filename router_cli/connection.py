"""Calls on the router's HTTP API, and what their failures mean to a command line."""

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import httpx

TIMEOUT_SECONDS = 60.0
# A package may take long to upload on a slow line.
UPLOAD_TIMEOUT_SECONDS = 600.0

Json = dict[str, Any]


class ExitCode(IntEnum):
    """What a pipeline can tell from the exit code alone."""

    DONE = 0
    REFUSED = 1
    """The router understood and said no: the same command again gives the same answer."""
    USAGE = 2
    """The command line is wrong."""
    UNREACHABLE = 3
    """No answer, or a server error: the same command may work later."""
    FAILED = 4
    """What was asked for was begun and ended in failure."""
    STILL_GOING = 5
    """It goes on, but the command was not told to wait longer."""


class CommandError(Exception):
    """The command cannot do what it was asked for."""

    def __init__(self, message: str, exit_code: ExitCode, problem: Json | None = None) -> None:
        """Keep the problem details, for --json, beside the message for people."""
        super().__init__(message)
        self.exit_code = exit_code
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer of the router."""

    status: int
    body: Any
    headers: httpx.Headers


class Connection:
    """Where the router is, and the key to show it. Keeps its connection open between calls."""

    def __init__(self, url: str, key: str) -> None:
        """Call the router at `url` with `key`; nothing is sent yet."""
        self.url = url.rstrip("/")
        self._http = httpx.Client(headers={"x-functions-key": key, "accept": "application/json"})

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Call the router with a JSON body, or raise CommandError."""
        content = None if body is None else json.dumps(body).encode()
        sent = {"content-type": "application/json"} if content is not None else {}
        return self._send(method, path, content, params, {**sent, **(headers or {})}, TIMEOUT_SECONDS)

    def upload(self, path: str, package: bytes, digest: str) -> Answer:
        """PUT a package; the digest lets the router notice a damaged upload."""
        headers = {"content-type": "application/zip", "x-package-sha256": digest}
        return self._send("PUT", path, package, None, headers, UPLOAD_TIMEOUT_SECONDS)

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        params: dict[str, str] | None,
        headers: dict[str, str],
        timeout: float,
    ) -> Answer:
        url = f"{self.url}/api/{path}"
        try:
            response = self._http.request(method, url, content=content, params=params, headers=headers, timeout=timeout)
        except httpx.TransportError as exc:
            raise CommandError(f"no answer from {self.url}: {exc}", ExitCode.UNREACHABLE) from exc
        except httpx.InvalidURL as exc:
            raise CommandError(f"{self.url} is not a URL: {exc}", ExitCode.USAGE) from exc
        body = _read_json(response)
        if response.is_success:
            return Answer(response.status_code, body, response.headers)
        raise _refusal(response, body)


def _read_json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _refusal(response: httpx.Response, body: Any) -> CommandError:
    code = ExitCode.UNREACHABLE if response.is_server_error else ExitCode.REFUSED
    problem = body if isinstance(body, dict) else None
    title = (problem or {}).get("title") or response.reason_phrase or "no reason given"
    detail = (problem or {}).get("detail", "")
    message = f"{response.status_code} {title}" + (f": {detail}" if detail else "")
    return CommandError(message, code, problem)
