"""Steps of the router instances: how old a snapshot may be, how long a forward may take, who sends a keyed start."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from router_app.known_tables import KnownTables, Snapshot
from simulation import router_effects, routers
from simulation.claims import Claim, Claims
from simulation.keyed_starts import KeyedStarts
from simulation.mutations.patches import Mutation, Patch
from simulation.routers import Router


def _snapshots_age() -> list[Patch]:
    return [patch.object(KnownTables, "is_fresh", lambda *_: True)]


def _age_from_before_the_read() -> list[Patch]:
    def have_read(self: Router, snapshot: Snapshot, *rest: Any) -> None:
        usual(self, Snapshot(snapshot.table, self._nature.now), *rest)

    usual = Router._have_read
    return [patch.object(Router, "_have_read", have_read)]


def _forward_deadline() -> list[Patch]:
    return [patch.object(module, "forward_deadline", lambda _: 1e6) for module in (routers, router_effects)]


def _claim_of_a_key() -> list[Patch]:
    def make(self: Claims, key: str, attempt: int, claim: Claim) -> bool:
        self._attempts.setdefault(key, []).append(claim)
        return attempt >= 0

    return [patch.object(Claims, "make", make)]


def _patience_with_a_claim() -> list[Patch]:
    return [patch.object(KeyedStarts, "_is_out_of_time", lambda *_: True)]


def _look_for_a_claimed_start() -> list[Patch]:
    return [patch.object(KeyedStarts, "_is_started", lambda *_: False)]


def _reviving_on_live_lines_only() -> list[Patch]:
    return [patch.object(routers, "takes_work", lambda *_: True)]


STEPS: Mapping[str, Mutation] = MappingProxyType(
    {
        "the age of snapshots": _snapshots_age,
        "the age from before the read": _age_from_before_the_read,
        "the forward deadline": _forward_deadline,
        "reviving on live lines only": _reviving_on_live_lines_only,
        "the claim of a key": _claim_of_a_key,
        "the patience with a claim": _patience_with_a_claim,
        "the look for a claimed start": _look_for_a_claimed_start,
    }
)
