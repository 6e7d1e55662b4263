"""Which calls go wrong, how, and how often: rules as data, read from JSON."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from local_azure.control_plane.faults.kinds import KINDS, PARAMETERS
from local_azure.control_plane.records import JsonObject

_MEMBERS = {"method", "path", "times", "after", "fault"}


class BadRuleError(Exception):
    """The rule is not one; the message says why."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault for the calls that match: let through the first `after`, then fail `times` of them."""

    path: str
    """A pattern: `*` stands for one segment or part of it, `**` for any number of segments."""
    fault: str
    method: str = ""
    """Empty: any."""
    times: int | None = 1
    """None: for ever."""
    after: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the rule is about a call."""
        if self.method and self.method != method.upper():
            return False
        return _pattern(self.path).fullmatch(path) is not None

    @property
    def is_spent(self) -> bool:
        """Tell whether the rule has done all it was to do."""
        return self.times is not None and self.times <= 0

    def counted(self) -> tuple["FaultRule", bool]:
        """Return the rule after a matching call, and whether that call fails."""
        if self.after > 0:
            return replace(self, after=self.after - 1), False
        left = None if self.times is None else self.times - 1
        return replace(self, times=left, hits=self.hits + 1), True

    def to_json(self) -> JsonObject:
        """Write the rule, with how often it has struck."""
        own = {"id": self.id, "method": self.method or None, "path": self.path, "fault": self.fault}
        return {**own, "times": self.times, "after": self.after, "hits": self.hits, **self.parameters}


def _pattern(path: str) -> re.Pattern[str]:
    parts = (".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*+)", path))
    return re.compile("".join(parts), re.IGNORECASE)


def read_rule(document: Any) -> FaultRule:
    """Read a rule, or raise BadRuleError: a rule that never strikes would make a test that cannot fail."""
    if not isinstance(document, dict):
        raise BadRuleError("a rule is an object")
    path, fault, times = document.get("path"), document.get("fault"), document.get("times", 1)
    if not isinstance(path, str) or not path:
        raise BadRuleError("path is missing: a pattern such as **/serverfarms/* or scm/*/api/publish")
    if fault not in KINDS:
        raise BadRuleError(f"fault has to be one of {', '.join(sorted(KINDS))}")
    if times is not None and not _is_count(times, 1):
        raise BadRuleError("times has to be a number from 1, or null for ever")
    if not _is_count(document.get("after", 0), 0):
        raise BadRuleError("after has to be a number from 0")
    parameters = {name: value for name, value in document.items() if name not in _MEMBERS}
    _check_parameters(str(fault), parameters)
    method, after = str(document.get("method") or "").upper(), int(document.get("after", 0))
    return FaultRule(path, str(fault), method, times, after, parameters)


def _check_parameters(fault: str, parameters: Mapping[str, Any]) -> None:
    allowed = PARAMETERS.get(KINDS[fault].family, {})
    for name, value in parameters.items():
        if name not in allowed:
            raise BadRuleError(f"{fault} takes no {name}; it takes: {', '.join(sorted(allowed)) or 'nothing'}")
        if not isinstance(value, allowed[name]) or isinstance(value, bool):
            raise BadRuleError(f"{name} cannot be {value!r}")
    if "endsIn" in parameters and parameters["endsIn"] not in KINDS:
        raise BadRuleError(f"endsIn has to be one of {', '.join(sorted(KINDS))}")


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
