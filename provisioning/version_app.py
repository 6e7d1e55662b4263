"""An async client of one version app: starts, management calls, pass-through, and the count that retirement rests on.

Keys travel in a header, never in a URL; redirects are never followed; every call has a total deadline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from provisioning.port import HostKeys


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """A version app's answer as it came, without hop-by-hop headers."""

    status: int
    headers: Mapping[str, str]
    """Names as the app wrote them; a name sent twice holds both values, comma-joined."""
    body: bytes


@dataclass(frozen=True, slots=True)
class UnfinishedInstance:
    """An instance that keeps its line alive."""

    instance_id: str
    name: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UnfinishedCount:
    """One look at an app. `unfinished` is None, with a reason, when any answer was in doubt: unknown is not zero."""

    unfinished: int | None
    reason: str = ""
    blockers: tuple[UnfinishedInstance, ...] = ()
    """The oldest five."""


@dataclass(frozen=True, slots=True)
class InstancePage:
    """Some of an app's instances in full (input, output, custom status), entities left out."""

    instances: tuple[dict[str, Any], ...]
    cursor: str | None
    """For the next page; None after the last."""


class VersionAppError(Exception):
    """The app gave no usable answer. `code`: unreachable, timed_out, unexpected_answer."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def open_session() -> aiohttp.ClientSession:
    """Open the pooled session that all clients of one event loop share."""
    raise NotImplementedError


class VersionApp:
    """One version app, reached over a shared session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        keys: HostKeys,
        *,
        deadline: timedelta = timedelta(seconds=30),
    ) -> None:
        """`base_url` is `scheme://host[:port]`."""
        raise NotImplementedError

    async def start(self, name: str, instance_id: str, body: bytes, headers: Mapping[str, str]) -> AppAnswer:
        """Start an orchestration; the answer is the app's, also when it refuses."""
        raise NotImplementedError

    async def get_status(self, instance_id: str, query: Mapping[str, str] | None = None) -> AppAnswer:
        """Read an instance's status."""
        raise NotImplementedError

    async def manage(
        self, method: str, path: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> AppAnswer:
        """Call the durable HTTP API at a path below it, e.g. `instances/{id}/terminate`, with the durable key."""
        raise NotImplementedError

    async def forward(
        self, method: str, path: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> AppAnswer:
        """Pass a call to the app's HTTP triggers (`path` from the root: `/api/hello`), with its function key."""
        raise NotImplementedError

    async def count_unfinished(self) -> UnfinishedCount:
        """Count the instances that are not done; never raises."""
        raise NotImplementedError

    async def list_instances(self, cursor: str | None = None, *, top: int = 100) -> InstancePage:
        """Read one page of instances for the archive; VersionAppError if there is any doubt."""
        raise NotImplementedError
