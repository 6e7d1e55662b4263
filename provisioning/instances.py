"""The instances that a version app holds: the count of unfinished ones, and pages of finished ones for the archive."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from provisioning.app_http import AppAnswer, VersionAppError

UNFINISHED = ("Pending", "Running", "ContinuedAsNew", "Suspended")
"""Every status that is not terminal (PROTOCOL: status names)."""

_TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
_BLOCKERS = 5
_PAGE_SIZE = 100
_MAX_PAGES = 10_000
"""A million instances: past it the app repeats itself, and the count is unknown."""

_TOKEN_HEADER = "x-ms-continuation-token"  # nosec B105 # a header's name


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


class DurableApi(Protocol):
    """A call of an app's durable HTTP API, keyed: VersionApp.manage."""

    async def __call__(
        self, method: str, path: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> AppAnswer: ...


async def count_unfinished(call: DurableApi) -> UnfinishedCount:
    """Count the instances that are not done: every page, every non-terminal status, no entities. Never raises."""
    try:
        # Keyed by id: an instance that moved between two pages while they were read is still one.
        unfinished = {entry["instanceId"]: _unfinished_instance(entry) async for entry in _unfinished_entries(call)}
    except VersionAppError as exc:
        return UnfinishedCount(None, exc.message)
    oldest = sorted(unfinished.values(), key=lambda instance: instance.created_at)[:_BLOCKERS]
    return UnfinishedCount(len(unfinished), "", tuple(oldest))


async def list_instances(call: DurableApi, cursor: str | None = None, *, top: int = _PAGE_SIZE) -> InstancePage:
    """Read one page of instances for the archive; VersionAppError if there is any doubt."""
    entries, following = await _read_page(call, {"showInput": "true", "top": str(top)}, cursor)
    return InstancePage(tuple(entry for entry in entries if not _is_entity(entry)), following)


async def _unfinished_entries(call: DurableApi) -> AsyncIterator[dict[str, Any]]:
    query = {"runtimeStatus": ",".join(UNFINISHED), "showInput": "false", "top": str(_PAGE_SIZE)}
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        entries, following = await _read_page(call, query, cursor)
        for entry in entries:
            # The filter is the app's, so the status is checked here too: a host that ignores it must not look busy.
            if not _is_entity(entry) and entry["runtimeStatus"] not in _TERMINAL:
                yield entry
        if following is None:
            return
        if following == cursor:
            break
        cursor = following
    message = "the app's list of instances does not end"
    raise VersionAppError(message, "unexpected_answer")


async def _read_page(
    call: DurableApi, query: dict[str, str], cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    headers = {_TOKEN_HEADER: cursor} if cursor else {}
    answer = await call("GET", "instances", query=query, headers=headers, body=b"")
    if answer.status != 200:
        message = f"the app answered {answer.status} when asked for its instances"
        raise VersionAppError(message, "unexpected_answer")
    following = next((value for name, value in answer.headers.items() if name.lower() == _TOKEN_HEADER), "")
    # Durable's own words for "no more": an absent or empty header, and the text null in some versions.
    return _decode_page(answer.body), None if following in ("", "null") else following


def _decode_page(body: bytes) -> list[dict[str, Any]]:
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError) as exc:
        message = "the app's list of instances is not JSON, or nests too deeply"
        raise VersionAppError(message, "unexpected_answer") from exc
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        message = "the app's list of instances does not have the expected shape"
        raise VersionAppError(message, "unexpected_answer")
    return entries


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    return all(isinstance(entry.get(key), str) and entry[key] for key in ("instanceId", "runtimeStatus"))


def _is_entity(entry: dict[str, Any]) -> bool:
    """Entities are told by their id: `@name@key`. They always read Running."""
    return str(entry["instanceId"]).startswith("@")


def _unfinished_instance(entry: dict[str, Any]) -> UnfinishedInstance:
    return UnfinishedInstance(
        instance_id=entry["instanceId"],
        name=str(entry.get("name") or ""),
        status=entry["runtimeStatus"],
        created_at=_created_at(entry),
    )


def _created_at(entry: dict[str, Any]) -> datetime:
    """Read the creation time. Only the order of blockers hangs on it, so an unreadable one sorts first and counts."""
    try:
        created = datetime.fromisoformat(entry["createdTime"])
    except (KeyError, TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return created if created.tzinfo else created.replace(tzinfo=UTC)
