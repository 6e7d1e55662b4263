"""Version apps and the archive, as they really are, whatever anybody in the router believes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulation.ledger import Ledger, Run
from simulation.nature import Nature
from simulation.verdicts import ViolationError
from version_registry.orphans import Orphan

OURS = "this router"
"""Whose tags an app of the router carries."""


_SUSPENDED = 0.15
"""How many instances are suspended while they are unfinished."""


@dataclass(slots=True)
class Instance:
    """An orchestration instance in an app."""

    created_at: float
    visible_at: float
    """When its row appears; queued until then."""
    ends_at: float
    revived_at: float = 0.0
    """Since when its row says that it runs again after a rewind."""
    is_suspended: bool = False
    """Unfinished like any other, until somebody resumes and it ends."""
    is_own: bool = False
    """Begun by the app itself: nothing that the router does could hold it back."""

    def unfinished(self, now: float) -> bool:
        """Whether it has work left, visible or not."""
        return now < self.ends_at

    def is_listed(self, now: float) -> bool:
        """Whether its row says that it has work left."""
        return self.visible_at <= now < self.ends_at and self.revived_at <= now


@dataclass(slots=True)
class App:
    """A version app."""

    name: str
    line: str
    generation: int
    digest: str | None = None
    instances: dict[str, Instance] = field(default_factory=dict)
    down_until: float = 0.0
    publishing: list[str] = field(default_factory=list)
    """Digests of packages whose publish is under way on the platform, also when whoever sent it has given up."""
    owner: str = OURS
    """Whose tags it carries."""
    exported_at: float | None = None
    """When all that was in it was first archived since its line was closed."""

    def copy(self) -> "App":
        """Copy it for another run."""
        instances = {key: Instance(one.created_at, one.visible_at, one.ends_at) for key, one in self.instances.items()}
        return App(self.name, self.line, self.generation, self.digest, instances, self.down_until)

    def answers(self, now: float) -> bool:
        """Whether it can be asked anything."""
        return self.digest is not None and now >= self.down_until

    def find(self, public_id: str, now: float) -> Instance | None:
        """Find an instance as its durable API does: only when its row is visible."""
        found = self.instances.get(public_id)
        return found if found is not None and found.visible_at <= now else None

    def has_exported(self, instance: Instance) -> bool:
        """Tell whether the archiving of the app, before it may be deleted, came after the instance."""
        return self.exported_at is not None and instance.visible_at <= self.exported_at

    def count_visible(self, now: float) -> int:
        """Count unfinished instances as its durable API does."""
        return sum(one.is_listed(now) for one in self.instances.values())


class Cloud:
    """All version apps of a router, and its archive."""

    __slots__ = ("_ledger", "_nature", "apps", "archive", "being_made", "on_delete", "orphans")

    def __init__(self, nature: Nature, ledger: Ledger) -> None:
        self._nature = nature
        self._ledger = ledger
        self.on_delete: Callable[[App], None] = lambda _: None
        """Is told when an app goes."""
        self.apps: dict[str, App] = {}
        self.archive: dict[str, float] = {}
        """When each archived instance was created."""
        self.being_made: dict[str, int] = {}
        """Creations under way on the platform, by app: it refuses to delete one meanwhile."""
        self.orphans: dict[str, Orphan] = {}
        """What housekeeping remembers of apps that no table knows."""

    def start(self, app_name: str, public_id: str) -> str:
        """Have an app start an instance: `started`, `exists` while one of that id runs, or `away`."""
        now, app = self._nature.now, self.apps.get(app_name)
        if app is None or not app.answers(now):
            return "away"
        known = app.instances.get(public_id)
        if known is not None and known.unfinished(now):
            return "exists"
        visible_at = now + self._row_delay()
        # It runs only once its row is there.
        suspended = self._nature.draw.random() < _SUSPENDED
        app.instances[public_id] = Instance(now, visible_at, visible_at + self._runtime(), is_suspended=suspended)
        self._ledger.note_run(public_id, Run(app_name, now))
        if self._nature.trace.on:
            ends = app.instances[public_id].ends_at
            self._nature.trace.tell(app_name, f"starts {public_id}, visible at {visible_at:.2f}, ends at {ends:.2f}")
        return "started"

    def rewind(self, app_name: str, public_id: str) -> str:
        """Have an app run an instance again that has ended: `started`, `exists` if there is none such, or `away`."""
        now, app = self._nature.now, self.apps.get(app_name)
        if app is None or not app.answers(now):
            return "away"
        found = app.find(public_id, now)
        if found is None or found.unfinished(now):
            return "exists"
        found.revived_at = now + self._row_delay()
        found.ends_at = found.revived_at + self._runtime()
        self._nature.reached["an instance is rewound"] += 1
        if self._nature.trace.on:
            seen = f"visible at {found.revived_at:.2f}, ends at {found.ends_at:.2f}"
            self._nature.trace.tell(app_name, f"rewinds {public_id}, {seen}")
        return "started"

    def begin_own_work(self, app: App) -> None:
        """Have an app begin an instance by itself, as a timer of its own would."""
        now = self._nature.now
        public_id = f"{app.line}~own-{len(app.instances)}"
        app.instances[public_id] = Instance(now, now, now + self._runtime(), is_own=True)
        self._tell(app.name, f"begins {public_id} by itself, ends at {app.instances[public_id].ends_at:.2f}")

    def put_strangers(self) -> None:
        """Put an app there that is another router's, and one of ours that no table knows, with work in it.

        Nothing here makes the latter; a table that is restored from a backup would.
        """
        self.apps["app-0.1-g1"] = App("app-0.1-g1", "0.1", 1, digest="foreign", owner="another router")
        stray = self.apps["app-0.2-g1"] = App("app-0.2-g1", "0.2", 1, digest="package-of-0.2.0")
        now = self._nature.now
        stray.instances["0.2~stray"] = Instance(now, now, now + 200.0 * self._nature.draw.random())

    def is_condemned(self, name: str) -> bool:
        """Tell whether housekeeping is about to remove an app."""
        orphan = self.orphans.get(name)
        return orphan is not None and orphan.condemned_at is not None

    def make(self, name: str, line: str, generation: int) -> App:
        """Make an app, or find it."""
        app = self.apps.get(name)
        if app is None:
            app = self.apps[name] = App(name, line, generation)
            self._tell(name, "is made")
        return app

    def delete(self, name: str) -> list[str]:
        """Delete an app: the moment of truth."""
        app = self.apps.pop(name, None)
        if app is None:
            return []
        now = self._nature.now
        self._tell(name, "IS DELETED")
        self.on_delete(app)
        if app.owner != OURS:
            raise ViolationError(f"{name} is deleted, which belongs to {app.owner}")
        for public_id, instance in app.instances.items():
            if instance.is_own and not app.has_exported(instance):
                # Nobody can hold an app back from beginning work of its own at the last moment.
                continue
            if instance.unfinished(now):
                raise ViolationError(f"{name} is deleted while {public_id} in it is unfinished")
            if public_id not in self.archive and not instance.is_own:
                raise ViolationError(f"{name} is deleted and {public_id}, which it ran, is not in the archive")
        return [name, f"plan-of-{name}"]

    def _row_delay(self) -> float:
        nature = self._nature
        if not nature.befalls("slow_row"):
            return 0.0
        return nature.up_to(nature.timings.visibility_delay.total_seconds())

    def _runtime(self) -> float:
        kind = self._nature.draw.random()
        if kind < 0.6:
            return 5.0 * self._nature.draw.random()
        return (60.0 if kind < 0.9 else 250.0) * self._nature.draw.random()

    def _tell(self, who: str, what: str) -> None:
        if self._nature.trace.on:
            self._nature.trace.tell(who, what)
