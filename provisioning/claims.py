"""Claims: which instance a client's idempotency key stands for, agreed on by all processes of a router.

A claim is one object that is only ever created, never overwritten by another process: of two that claim at the same
moment one wins, and the other reads what the winner chose. If the winner is known to have died, the next attempt is
claimed in the same way.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from provisioning.object_store import ObjectStore

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """What was chosen for a key."""

    instance_id: str
    """The public id that the start gets."""
    body: str
    """Digest of the start's body, to tell a repeat from another request that reuses the key."""
    claimed_at: datetime
    attempt: int = 0
    """How often the start was given up before, by a process that died."""
    delivered: bool = False
    """The start is known to have been accepted."""


class Claims:
    """Claims under `claims/{application}/{key}/{attempt}.json`; `key` is a digest of the client's."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def find(self, application: str, key: str) -> Claim | None:
        """Return the latest claim of the key, or None."""
        found = None
        while (following := self._read(application, key, found.attempt + 1 if found else 0)) is not None:
            found = following
        return found

    def make(self, application: str, key: str, claim: Claim) -> bool:
        """Make the claim unless somebody has made this attempt's; tell whether it was made."""
        return self._store.put_if_absent(_name(application, key, claim.attempt), _encode(claim))

    def settle(self, application: str, key: str, claim: Claim) -> None:
        """Note that the claim's start was accepted."""
        self._store.put(_name(application, key, claim.attempt), _encode(replace(claim, delivered=True)))

    def withdraw(self, application: str, key: str, claim: Claim) -> None:
        """Take back a claim of one's own, whose start was refused: nothing has been started."""
        self._store.delete(_name(application, key, claim.attempt))

    def _read(self, application: str, key: str, attempt: int) -> Claim | None:
        try:
            return _decode(json.loads(self._store.get(_name(application, key, attempt))), attempt)
        except KeyError:
            return None


def _name(application: str, key: str, attempt: int) -> str:
    return f"claims/{application}/{key}/{attempt}.json"


def _encode(claim: Claim) -> bytes:
    document = {
        "schema_version": SCHEMA_VERSION,
        "instance_id": claim.instance_id,
        "body": claim.body,
        "claimed_at": claim.claimed_at.isoformat(),
        "delivered": claim.delivered,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _decode(document: Mapping[str, Any], attempt: int) -> Claim:
    return Claim(
        instance_id=document["instance_id"],
        body=document["body"],
        claimed_at=datetime.fromisoformat(document["claimed_at"]),
        attempt=attempt,
        delivered=document["delivered"],
    )
