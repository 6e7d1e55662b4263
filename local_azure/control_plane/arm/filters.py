"""The `$filter` of Resource Manager's lists: equalities joined by `and`."""

import re
from collections.abc import Mapping

from local_azure.control_plane.arm.errors import ArmError, arm_error

_TERM = re.compile(r"(?P<name>\w+)\s+eq\s+'(?P<value>(?:[^']|'')*)'", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_NAMES = {"tagname", "tagvalue", "resourcetype", "name", "location"}


def parse_filter(text: str) -> dict[str, str]:
    """Return the wanted values by lower-cased name; raise on anything that is not understood."""
    wanted: dict[str, str] = {}
    rest = text.strip()
    while rest:
        term = _TERM.match(rest)
        if term is None or term["name"].lower() not in _NAMES:
            raise _not_understood(text)
        wanted[term["name"].lower()] = term["value"].replace("''", "'")
        rest = rest[term.end() :]
        joint = _AND.match(rest)
        if rest and (joint is None or joint.end() == len(rest)):
            raise _not_understood(text)
        rest = rest[joint.end() :] if joint else ""
    return wanted


def _not_understood(text: str) -> ArmError:
    return arm_error(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")


def passes(wanted: Mapping[str, str], *, kind: str, name: str, location: str, tags: Mapping[str, str]) -> bool:
    """Tell whether a resource is wanted. Tag names compare without case, tag values with it."""
    folded = {key.lower(): value for key, value in tags.items()}
    tag = wanted.get("tagname")
    checks = (
        tag is None or tag.lower() in folded,
        tag is None or "tagvalue" not in wanted or folded.get(tag.lower()) == wanted["tagvalue"],
        wanted.get("resourcetype", kind).lower() == kind.lower(),
        wanted.get("name", name).lower() == name.lower(),
        wanted.get("location", location).lower() == location.lower(),
    )
    return all(checks)
