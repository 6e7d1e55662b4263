"""What a deployment endpoint says of an app's deployments, and what that means for the next publish. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SUCCESS = 4
UNDER_WAY = frozenset({0, 1, 2})
ENDINGS = {-1: "was cancelled", 3: "failed", 5: "met another deployment", 6: "succeeded only in part"}
"""Kudu's numbers for what a deployment came to."""

ADOPTED_FOR = timedelta(minutes=30)
"""A router that died while it published comes back within this. After that a publish is meant anew."""

_MARK = "durable-router-"
_MARK_DIGITS = 16


@dataclass(frozen=True, slots=True)
class KnownDeployment:
    """One deployment as the endpoint tells of it."""

    id: str
    status: int
    deployer: str
    """Who published, as the publisher put it."""
    received: datetime | None
    active: bool | None
    """Whether it is what the app runs; None when the endpoint does not say."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """Follow a deployment that is there: it is of the same package, by a publish whose answer was lost."""

    deployment: str


@dataclass(frozen=True, slots=True)
class LetEnd:
    """Wait for another deployment to end: two at once may leave a mixture of both."""

    deployment: str


@dataclass(frozen=True, slots=True)
class Post:
    """Send the package."""


def mark_of(digest: str) -> str:
    """Return the publisher's name that tells which package was sent; empty when that is not known."""
    return f"{_MARK}{digest[:_MARK_DIGITS]}" if digest else ""


def decide_publish(latest: KnownDeployment | None, mark: str, now: datetime) -> Adopt | LetEnd | Post:
    """Decide what to do about a package, given the latest deployment of its app."""
    if latest is None:
        return Post()
    ours = bool(mark) and latest.deployer.lower() == mark
    if latest.status in UNDER_WAY:
        return Adopt(latest.id) if ours else LetEnd(latest.id)
    lately = latest.received is not None and now - latest.received < ADOPTED_FOR
    if ours and lately and latest.status == SUCCESS and latest.active is not False:
        return Adopt(latest.id)
    return Post()


def read_deployment(document: Mapping[str, Any]) -> KnownDeployment | None:
    """Read one deployment; None when it is not one."""
    identifier, status = document.get("id"), document.get("status")
    if not isinstance(identifier, str) or not isinstance(status, int):
        return None
    active = document.get("active")
    return KnownDeployment(
        identifier,
        status,
        deployer=str(document.get("deployer") or ""),
        received=_time(document.get("received_time")),
        active=active if isinstance(active, bool) else None,
    )


def latest_of(documents: Any) -> KnownDeployment | None:
    """Return the newest of a list of deployments, whichever order it is in."""
    entries = documents if isinstance(documents, list) else []
    known = [found for entry in entries if isinstance(entry, dict) and (found := read_deployment(entry))]
    timed = [(found.received, found) for found in known if found.received]
    return max(timed, key=lambda one: one[0])[1] if timed else None


def _time(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
