"""Who may do what, as data: roles, rights, and what a caller is granted; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType


class Role(StrEnum):
    """Held by whoever shows a key of it, or is given it in Entra ID."""

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


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role, for all applications or for one."""

    role: Role
    application: str = ""
    """Empty: all of them, and what is about all of them."""

    def covers(self, application: str) -> bool:
        """Tell whether it holds for calls on the application; "" stands for calls on none in particular."""
        return self.application in ("", application)

    def __str__(self) -> str:
        """Give it as people write it: `client`, `orders.client`."""
        return f"{self.application}.{self.role}" if self.application else self.role.value


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key that the router knows. Only its digest is kept: no dump of the process shows a key."""

    grant: Grant
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """How callers are told apart."""

    keys: tuple[AccessKey, ...] = ()
    entra_roles: bool = False
    """The platform's built-in authentication is on: the header in which it names the caller is to be believed."""


NOBODY = Access()
"""Without keys nobody gets in."""


def digest_key(key: str) -> bytes:
    """Digest a key; digests are all of one length, so comparing them does not tell the length of the key."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def has_right(grants: Iterable[Grant], right: Right, application: str) -> bool:
    """Tell whether one of the grants gives the right on the application."""
    return any(grant.role in ALLOWED[right] and grant.covers(application) for grant in grants)
