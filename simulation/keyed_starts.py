"""Starts with an Idempotency-Key, in the order of steps of router_app/http/start_requests.py."""

from collections.abc import Callable
from dataclasses import dataclass

from simulation.claims import Claim, Claims
from simulation.cloud import Cloud
from simulation.hub import Hub
from simulation.nature import Nature
from simulation.table import APPLICATION
from version_registry.identifiers import start_id
from version_registry.model import RoutingTable
from version_registry.routing import Forward, route_follow_up

_PATIENCE = 10.0
_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One request with a key: what the router that took it can do for it."""

    key: str
    give_up_at: float
    begin: Callable[[int], None]
    """Choose a line, claim this attempt of the key, and start."""
    accept: Callable[[str], None]
    """Answer with an id."""
    fail: Callable[[], None]
    """Answer that it cannot be said now."""
    with_table: Callable[[Callable[[RoutingTable | None], None]], None]


class KeyedStarts:
    """Decides who of those that repeat a start sends it."""

    __slots__ = ("_claims", "_cloud", "_hub", "_nature")

    def __init__(self, nature: Nature, hub: Hub, cloud: Cloud, claims: Claims) -> None:
        self._nature, self._hub, self._cloud, self._claims = nature, hub, cloud, claims

    def patience(self) -> float:
        """Say until when a repeat waits for the first to be answered."""
        return self._nature.now + _PATIENCE

    def look(self, request: Repeatable) -> None:
        """Read the claim, and do what it says."""
        found = self._claims.find(request.key)
        if found is None:
            return self._nature.after(self._nature.moment_of_work(), request.begin, 0)
        attempt, claim = found
        if claim.delivered:
            self._nature.reached["a repeat is answered from its claim"] += 1
            return self._nature.after(self._nature.moment_of_work(), request.accept, claim.public_id)
        # Noted before the look: what is decided on it may only be older than it, never newer.
        too_old = self._is_out_of_time(claim)
        return request.with_table(lambda table: self._judge(request, attempt, claim, table, too_old))

    def _judge(
        self, request: Repeatable, attempt: int, claim: Claim, table: RoutingTable | None, too_old: bool
    ) -> None:
        started = self._is_started(claim.public_id, table)
        if started is None:
            request.fail()
        elif started:
            self._nature.reached["a repeat finds its instance"] += 1
            request.accept(claim.public_id)
        elif too_old:
            self._nature.reached["a key is claimed anew"] += 1
            request.begin(attempt + 1)
        elif self._nature.now >= request.give_up_at:
            request.fail()
        else:
            self._nature.after(_PAUSE, self.look, request)

    def _is_out_of_time(self, claim: Claim) -> bool:
        timings = self._nature.timings
        longest = timings.forward_deadline + timings.drain_margin + timings.visibility_delay
        return self._nature.now - claim.claimed_at > longest.total_seconds()

    def _is_started(self, public_id: str, table: RoutingTable | None) -> bool | None:
        """Tell whether the instance is known anywhere; None when its app does not answer."""
        route = route_follow_up(table, public_id)
        if isinstance(route, Forward):
            app = self._cloud.apps.get(route.app.name)
            if app is None or not app.answers(self._nature.now):
                return None
            if app.find(public_id, self._nature.now):
                return True
        return start_id(APPLICATION, public_id) in self._hub.sagas or public_id in self._cloud.archive

    def claim(self, key: str, attempt: int, public_id: str) -> Claim | None:
        """Claim an attempt of the key; None if somebody else has."""
        claim = Claim(public_id, self._nature.now)
        if self._claims.make(key, attempt, claim):
            return claim
        self._nature.reached["a claim is lost to another router"] += 1
        return None
