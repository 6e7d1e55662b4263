"""One simulated world: a router with its hub and table, version apps, clients and people, put together."""

from random import Random

from simulation.activities import Activity, Done
from simulation.app_effects import AppEffects
from simulation.checks import Checks
from simulation.claims import Claims
from simulation.clients import Clients
from simulation.cloud import Cloud
from simulation.faults import NO_FAULTS, Faults
from simulation.hub import Hub
from simulation.keyed_starts import KeyedStarts
from simulation.ledger import Ledger
from simulation.nature import Nature
from simulation.people import People
from simulation.router_effects import RouterEffects
from simulation.routers import Router
from simulation.sweeping import Sweeper
from simulation.table import TableEntity
from simulation.tombstoning import LineArchive
from version_registry.model import RoutingTable
from version_registry.sagas import Json


class AllEffects:
    """Finds who executes an effect."""

    __slots__ = ("_groups",)

    def __init__(self, *groups: object) -> None:
        self._groups = groups

    def execute(self, name: str, args: Json, done: Done) -> None:
        """Execute an effect by its name."""
        for group in self._groups:
            if effect := getattr(group, name, None):
                effect(args, done)
                return
        raise AssertionError(f"the simulation has no effect {name}")


class World:
    """Everything there is."""

    __slots__ = (
        "checks",
        "clients",
        "cloud",
        "hub",
        "ledger",
        "line_archive",
        "nature",
        "people",
        "routers",
        "sweeper",
        "table",
    )

    def __init__(
        self,
        random: Random,
        *,
        start: float = 0.0,
        table: RoutingTable | None = None,
        faults: Faults = NO_FAULTS,
        traced: bool = False,
    ) -> None:
        nature = self.nature = Nature(random, start=start, faults=faults, traced=traced)
        self.ledger = Ledger()
        self.cloud = Cloud(nature, self.ledger)
        self.table = TableEntity(nature, table)
        self.hub = Hub(nature, self.table)
        self.line_archive = LineArchive(nature, self.table)
        effects = AllEffects(
            AppEffects(nature, self.cloud), RouterEffects(nature, self.table, self.hub, self.cloud), self.line_archive
        )
        self.hub.advance = Activity(nature, effects).advance
        keyed = KeyedStarts(nature, self.hub, self.cloud, Claims())
        self.routers = [
            Router(f"router-{number}", nature, self.table, self.hub, self.cloud, keyed=keyed)
            for number in range(random.randint(2, 4))
        ]
        self.clients = Clients(nature, self.routers, self.ledger)
        self.people = People(nature, self.table, self.hub, self.cloud, self.routers)
        self.people.line_archive = self.line_archive
        self.checks = Checks(nature, self.table, self.hub, self.cloud, self.ledger)
        self.sweeper = Sweeper(nature, self.table, self.cloud)
        self.cloud.on_delete, self.sweeper.on_remove = self.checks.check_deletion, self.checks.check_removal
        self.table.watchers += (self.checks.watch, self.line_archive.watch)

    def unsettled(self) -> str:
        """Say what still has to come about; empty when nothing has to."""
        return self.checks.unsettled(self.clients.open_requests + self.people.busy)
