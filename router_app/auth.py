"""Who may call what: three roles, each opened by its own keys."""

import hmac
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from router_app.problems import Problem
from router_app.settings import RoleKeys


class Role(StrEnum):
    """A right, held by whoever shows a key of it."""

    CLIENT = "client"
    RELEASE = "release"
    ADMIN = "admin"


class Right(StrEnum):
    """What a request asks for."""

    CALL = "call"
    RELEASE = "release"
    READ = "read"
    STEER = "steer"
    OPEN = "open"
    """Nothing: the call is everybody's."""


ALLOWED: Mapping[Right, frozenset[Role]] = MappingProxyType(
    {
        Right.CALL: frozenset({Role.CLIENT, Role.ADMIN}),
        Right.RELEASE: frozenset({Role.RELEASE, Role.ADMIN}),
        Right.READ: frozenset({Role.RELEASE, Role.ADMIN}),
        Right.STEER: frozenset({Role.ADMIN}),
    }
)
"""Which roles have each right."""


def presented_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Find the key on a request: the header wins over the query."""
    return headers.get("x-functions-key") or query.get("code") or None


def roles_of(key: str, keys: RoleKeys) -> frozenset[Role]:
    """Tell which roles the key opens; compares with every key, in constant time, so that timing tells nothing."""
    known = [(role, known) for role in Role for known in getattr(keys, role.value)]
    given = key.encode()
    matches = [(role, hmac.compare_digest(given, known_key.encode())) for role, known_key in known]
    return frozenset(role for role, matched in matches if matched)


def require(right: Right, headers: Mapping[str, str], query: Mapping[str, str], keys: RoleKeys) -> None:
    """Raise unless the request's key opens a role that has the right."""
    if right is Right.OPEN:
        return
    key = presented_key(headers, query)
    if key is None:
        raise Problem("unauthenticated", "Send a key of the router in the header x-functions-key.")
    held = roles_of(key, keys)
    if not held:
        raise Problem("unauthenticated", "The router does not know this key; it may have been rotated.")
    if held.isdisjoint(ALLOWED[right]):
        wanted = " or ".join(sorted(ALLOWED[right]))
        raise Problem(
            "forbidden", f"This call needs a key of the role {wanted}; the key sent has {', '.join(sorted(held))}."
        )
