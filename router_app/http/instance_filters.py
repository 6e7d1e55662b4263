"""Which instances a query or a purge means: Durable's own filters, understood once for apps and the archive alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from router_app.http.call import Call
from router_app.problems import Problem

STATUSES = ("Pending", "Running", "Completed", "ContinuedAsNew", "Failed", "Canceled", "Terminated", "Suspended")
ENDED = frozenset({"Completed", "Failed", "Canceled", "Terminated"})
_BY_NAME = {status.lower(): status for status in STATUSES}


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """What is named must hold; what is not named holds for all."""

    statuses: frozenset[str] = frozenset()
    created_from: datetime | None = None
    created_to: datetime | None = None
    prefix: str = ""

    @property
    def may_have_ended(self) -> bool:
        """Tell whether an instance that has ended can be meant."""
        return not self.statuses or not self.statuses.isdisjoint(ENDED)

    def of_line(self, line: str) -> "InstanceFilter":
        """Write the prefix as ids of the line begin: callers may leave out the line, as they did when they started."""
        named = f"{line}~"
        if "~" in self.prefix or named.startswith(self.prefix):
            return self
        return replace(self, prefix=named + self.prefix)

    def as_query(self) -> dict[str, str]:
        """Write it as an app reads it."""
        query = {
            "runtimeStatus": ",".join(status for status in STATUSES if status in self.statuses),
            "createdTimeFrom": _write_time(self.created_from),
            "createdTimeTo": _write_time(self.created_to),
            "instanceIdPrefix": self.prefix,
        }
        return {name: value for name, value in query.items() if value}

    def matches(self, status: Mapping[str, Any]) -> bool:
        """Tell whether a status object is meant. Its times are whole seconds: the lower bound is taken as one."""
        if self.statuses and status.get("runtimeStatus") not in self.statuses:
            return False
        if not str(status.get("instanceId", "")).startswith(self.prefix):
            return False
        if self.created_from is None and self.created_to is None:
            return True
        created = read_time(str(status.get("createdTime", "")))
        return created is not None and self._is_within(created)

    def _is_within(self, created: datetime) -> bool:
        earliest = self.created_from.replace(microsecond=0) if self.created_from else created
        return earliest <= created and (self.created_to is None or created <= self.created_to)


def read_filter(call: Call) -> InstanceFilter:
    """Read the filters of a request; Problem if one cannot be understood."""
    return InstanceFilter(
        statuses=_read_statuses(call.query.get("runtimeStatus", "")),
        created_from=_read_bound(call, "createdTimeFrom"),
        created_to=_read_bound(call, "createdTimeTo"),
        prefix=call.query.get("instanceIdPrefix", ""),
    )


def read_time(text: str) -> datetime | None:
    """Read a time as ISO 8601 writes it, in UTC if it names no zone; None if it is none."""
    try:
        # The `+` of an offset may have become a space on the way.
        found = datetime.fromisoformat(text.strip().replace(" 0", "+0").replace(" 1", "+1") if "T" in text else text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_statuses(text: str) -> frozenset[str]:
    # A name that is repeated arrives with its values joined by commas.
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name.lower() not in _BY_NAME]:
        detail = f"runtimeStatus knows {', '.join(STATUSES)}; not {unknown[0][:40]!r}."
        raise Problem("invalid-parameter", detail)
    return frozenset(_BY_NAME[name.lower()] for name in names)


def _read_bound(call: Call, name: str) -> datetime | None:
    text = call.query.get(name, "")
    if not text.strip():
        return None
    if (found := read_time(text)) is not None:
        return found
    raise Problem("invalid-parameter", f"{name} is {text[:40]!r}; it must be a time such as 2026-04-09T10:00:00Z.")


def _write_time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
