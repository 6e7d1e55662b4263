"""The drain protocol in a hostile world: nothing that was accepted is lost, and nothing unfinished is deleted.

Routers decide on old snapshots of the table, forwards arrive late, rows of started instances appear later still, apps
do not answer, effects fail, orchestrations are killed, admins and pipelines do what they like, all in any order. Safety
is checked when it happens (an app is deleted, a forward arrives); liveness when the world has calmed down.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
from registry_builders import a_policy
from saga_world import App, World

from version_registry.codec import encode
from version_registry.identifiers import make_public_id, monitor_id
from version_registry.invariants import find_violations
from version_registry.model import Count, LineStatus
from version_registry.routing import Forward, Wait, route_start

VERSIONS = ("1.0.0", "1.0.1", "1.1.0", "1.1.1", "1.2.0", "2.0.0rc1")
REQUESTS = (None, None, "1.0", "1.1", "1", "latest", "2.0.0rc1")
RETRY = {"retry": {"reason": "a fault", "retry_after": 1}}
BROKEN = {"failed": {"code": "deploy_failed", "reason": "a bad package"}}
FAULTS = (
    *(("delete_app", RETRY), ("export_instances", RETRY), ("forward_start", RETRY), ("check_health", RETRY)),
    *(("check_deployment", BROKEN), ("count_unfinished", RETRY), ("observe_application", RETRY)),
)


@dataclass
class Late:
    """A start that a router has decided on and that is under way to an app."""

    at: datetime
    app: str
    public: str


@dataclass
class SlowApp(App):
    """An app whose new instances become visible later than they begin."""

    visible_at: dict[str, datetime] = field(default_factory=dict)


class HostileWorld(World):
    """A world whose routers remember old tables and whose forwards take their time."""

    def __init__(self, random):
        super().__init__()
        self.random = random
        self.tables = []
        self.under_way = []
        self.accepted = set()
        self.started = 0

    def change(self, name, /, **args):
        outcome = super().change(name, **args)
        self.tables.append((self.now, self.table))
        return outcome

    def snapshot(self):
        """Give the table as a router may still remember it: at most TABLE_TTL old."""
        oldest = self.now - self.timings.table_ttl
        older = [index for index, (at, _) in enumerate(self.tables) if at <= oldest]
        return self.random.choice(self.tables[older[-1] if older else 0 :])[1]

    def race_a_drain(self):
        """Wait until a line is closed, then start on it through a router that has not noticed, and trouble its app."""
        self.finish_some(0.9)
        for _ in range(300):
            closing = [line for line in self.table.lines.values() if line.status is LineStatus.DRAINING]
            if closing:
                break
            self.tick()
        for line in closing:
            for _ in range(self.random.randint(0, 2)):
                self.start_late(line.name)
            self.apps[line.app.name].answers = self.random.random() < 0.6

    def start_late(self, version=None):
        """Send a start whose router decides now, on what it remembers, and whose forward arrives in time."""
        self.started += 1
        key, version = f"i{self.started}", version or self.random.choice(REQUESTS)
        decision = route_start(self.snapshot(), version, "process_order", key)
        if isinstance(decision, Forward):
            delay = self.timings.forward_deadline * self.random.random()
            public = str(make_public_id(decision.line, key))
            self.under_way.append(Late(self.now + delay, decision.app.name, public))
            self.accepted.add(public)
        elif isinstance(decision, Wait):
            self.accepted.add(self.accept(decision.line, key))

    def tick(self):
        for late in [late for late in self.under_way if late.at <= self.now]:
            self.under_way.remove(late)
            assert late.app in self.apps, f"{late.public} arrived at {late.app}, which was deleted"
            self.begin(late.app, late.public)
        wakes = [late.at for late in self.under_way]
        if not self.ready() and wakes and min(wakes) < min((saga.due for saga in self.running()), default=min(wakes)):
            self.now = min(wakes)
            return
        super().tick()

    def begin(self, app, public):
        delay = self.timings.visibility_delay * self.random.random()
        self.apps[app].instances.setdefault(public, True)
        self.apps[app].visible_at.setdefault(public, self.now + delay)

    def finish_some(self, share):
        for app in self.apps.values():
            for public in app.instances:
                if self.random.random() < share:
                    app.instances[public] = False

    def kill_one(self):
        """Kill a deploy, a retirement or the monitor; the timer starts the monitor again."""
        mortal = [saga.id for saga in self.running() if saga.kind != "deliver_start"]
        if mortal:
            self.kill(self.random.choice(mortal))
        if self.sagas[monitor_id("orders")].status != "running":
            self.monitor()

    def _ensure_app(self, line, generation, **_):
        name = f"app-{line}-g{generation}"
        self.apps.setdefault(name, SlowApp(name))
        return {"ok": {"app": {"name": name, "host": f"{name}.test"}}}

    def _count(self, name):
        app = self.apps.get(name)
        if app is None or not app.answers:
            return Count(self.now, None, "the app does not answer")
        seen = [public for public, runs in app.instances.items() if runs and app.visible_at[public] <= self.now]
        return Count(self.now, len(seen))

    def _forward_start(self, line, line_generation, app, instance_id, **_):
        found = self.table.lines[line]
        if found.status is not LineStatus.LIVE or found.generation != line_generation:
            return {"retry": {"reason": "moved", "retry_after": 0.5}}
        existed = instance_id in self.apps[app["name"]].instances
        self.begin(app["name"], instance_id)
        return {"ok": {"accepted": True, "existed": existed}}


def hurt(world):
    """Let one thing happen."""
    random = world.random
    line = random.choice([*world.table.lines])
    happenings = {
        "start": (6, world.start_late),
        "race": (4, world.race_a_drain),
        "finish": (3, lambda: world.finish_some(0.5)),
        "tick": (12, world.tick),
        "run on": (4, lambda: world.run_for(timedelta(seconds=random.choice([1, 20, 70, 700])))),
        "deploy": (2, lambda: world.deploy(random.choice(VERSIONS), f"deploy-{random.random()}", run=False)),
        "fault": (1, lambda: world.faults.__getitem__((fault := random.choice(FAULTS))[0]).append(fault[1])),
        "silence": (1, lambda: [setattr(app, "answers", random.random() < 0.7) for app in world.apps.values()]),
        "kill": (1, world.kill_one),
        "promote": (1, lambda: world.change("promote", line=line)),
        "roll back": (1, lambda: world.change("rollback")),
        "keep": (1, lambda: world.change("keep", line=line, reason=random.choice([None, "an audit"]))),
        "drain": (1, lambda: world.change("request_drain", line=line)),
        "cancel": (1, lambda: world.change("cancel_drain", line=line, reason="an admin")),
    }
    chosen = random.choices([*happenings], [weight for weight, _ in happenings.values()])[0]
    happenings[chosen][1]()


def calm_down(world):
    """Let every trouble end, and give the world time."""
    world.faults.clear()
    for name in world.table.lines:
        world.change("keep", line=name, reason=None)
    for _ in range(40):
        for app in world.apps.values():
            app.answers = True
        world.finish_some(1.0)
        world.run_for(timedelta(minutes=10))
        if [saga.kind for saga in world.running()] == ["monitor"] and len(world.apps) == 1:
            return


def check_starts(world):
    """Every accepted start ran exactly once: it is in one app, or in the archive, or its delivery failed in public."""
    for public in world.accepted:
        places = [app.name for app in world.apps.values() if public in app.instances]
        delivery = world.sagas.get(f"start~orders~{public}")
        refused = delivery is not None and delivery.status == "failed"
        assert len(places) <= 1, f"{public} ran in {places}"
        assert places or public in world.archive or refused, f"{public} is lost; its delivery: {delivery}"


@pytest.mark.parametrize("seed", range(16))
def test_no_start_is_lost_and_nothing_unfinished_is_deleted(seed):
    random = Random(seed)
    world = HostileWorld(random)
    world.deploy("1.0.0")
    world.change("set_policy", policy=encode(a_policy()))
    world.deploy("1.1.0")
    world.monitor()
    for _ in range(random.randint(20, 120)):
        hurt(world)
    calm_down(world)

    assert find_violations(world.table) == ()
    check_starts(world)
    held = {name: line.holder for name, line in world.table.lines.items() if line.holder}
    assert held == {}, "nobody holds a line for ever"
    left = [name for name, line in world.table.lines.items() if line.status is LineStatus.LIVE]
    assert left == [world.table.current], "every superseded line is retired in the end"
    assert {app.name for app in world.apps.values()} == {world.table.lines[world.table.current].app.name}
