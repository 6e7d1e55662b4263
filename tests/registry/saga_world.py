"""A world in which sagas run to their end in no time: real table and planners, apps that are data, faults on order."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from registry_builders import NOW, digest_of

from version_registry.codec import decode_table, encode, encode_table
from version_registry.drain_plan import is_superseded
from version_registry.identifiers import make_public_id, monitor_id, start_id
from version_registry.model import Count, LineStatus, Timings
from version_registry.monitoring import new_monitor
from version_registry.planners import PLANNERS
from version_registry.rollout import new_deploy
from version_registry.routing import Forward, Wait, route_start
from version_registry.sagas import Effect, Finish, Renew, Sleep, TableOperation, WaitFor
from version_registry.starting import StartRequest, new_start
from version_registry.transitions import apply

FUNCTIONS = [{"name": "process_order", "kind": "orchestrationTrigger"}]
DEAD = ("completed", "failed", "terminated")


@dataclass
class App:
    """A version app: its package, and its instances with whether they run."""

    name: str
    digest: str | None = None
    instances: dict[str, bool] = field(default_factory=dict)
    answers: bool = True

    @property
    def unfinished(self) -> int:
        return sum(self.instances.values())


@dataclass
class Saga:
    """A running orchestration."""

    id: str
    kind: str
    state: Any
    step: Any = None
    due: datetime | None = None
    status: str = "running"
    output: Any = None
    progress: list[str] = field(default_factory=list)


class World:
    """Drives sagas. `repeats` does every step twice and believes the second outcome, as after a crash in between."""

    def __init__(self, timings: Timings | None = None, *, repeats: bool = False) -> None:
        self.now = NOW
        self.timings = timings or Timings()
        self.repeats = repeats
        self.table = None
        self.apps: dict[str, App] = {}
        self.sagas: dict[str, Saga] = {}
        self.faults: dict[str, list[Any]] = defaultdict(list)
        self.did: list[str] = []
        self.deleted: list[str] = []
        self.archive: set[str] = set()
        self.tombstones: dict[str, Any] = {}

    # What people do.

    def register(self, version, digest=None):
        return self.change(
            "register_release", application="orders", version=version, digest=digest or digest_of(version), functions=[]
        )

    def deploy(self, version, operation=None, *, run=True):
        self.register(version)
        operation = operation or f"deploy~orders~{version}~{len(self.sagas)}"
        self.start("deploy_release", operation, new_deploy("orders", version, operation=operation))
        return self.run(operation) if run else self.sagas[operation]

    def monitor(self):
        return self.start("monitor", monitor_id("orders"), new_monitor("orders"))

    def request(self, version, key, name="process_order"):
        """Send a start to the router; answer its public id, or the rejection."""
        decision = route_start(self.table, version, name, key)
        if isinstance(decision, Forward):
            public = str(make_public_id(decision.line, key))
            self.apps[decision.app.name].instances[public] = True
            return public
        return self.accept(decision.line, key, name) if isinstance(decision, Wait) else decision

    def accept(self, line, key, name="process_order"):
        """Accept a start durably."""
        public = str(make_public_id(line, key))
        operation = start_id("orders", public)
        state = new_start("orders", StartRequest(line, name, public, "{}", {}), operation=operation)
        self.start("deliver_start", operation, state)
        return public

    def change(self, name, /, **args):
        change = apply(self.table, name, json.loads(json.dumps(args)), self.now)
        self.table = change.table
        return json.loads(json.dumps(encode(change.outcome)))

    def line(self, name):
        return self.table.lines[name]

    def app_of(self, name):
        return self.apps[self.line(name).app.name]

    # How sagas run.

    def start(self, kind, operation, state):
        saga = self.sagas[operation] = Saga(operation, kind, state)
        self._plan(saga, None)
        return saga

    def run(self, operation, at_most=20_000):
        """Run everything, jumping over idle time, until this saga has ended."""
        saga = self.sagas[operation]
        for _ in range(at_most):
            if saga.status != "running":
                return saga
            self.tick()
        raise AssertionError(f"{operation} does not end: {saga.step} {saga.progress[-3:]}")

    def run_for(self, span: timedelta):
        """Run everything that is due within a span of time."""
        end = self.now + span
        while self.ready() or any(saga.due <= end for saga in self.running()):
            self.tick()
        self.now = end

    def tick(self):
        """Let every saga that can go on do one step; when none can, jump to the next timer."""
        ready = self.ready()
        if not ready:
            self.now = max(self.now, min(saga.due for saga in self.running()))
            ready = self.ready()
        for saga in ready:
            self.turn(saga)

    def running(self):
        return [saga for saga in self.sagas.values() if saga.status == "running"]

    def ready(self):
        return [saga for saga in self.running() if saga.due is None or saga.due <= self.now]

    def turn(self, saga):
        """Do the step of a saga and plan its next."""
        if saga.status != "running":
            return
        outcome = self._do(saga)
        if self.repeats and not isinstance(saga.step, Sleep | WaitFor):
            outcome = self._do(saga)
        self._plan(saga, outcome)

    def kill(self, operation):
        """End an orchestration from outside, as an admin with the portal may."""
        self.sagas[operation].status = "terminated"

    def _plan(self, saga, outcome):
        planner = PLANNERS[saga.kind]
        state = json.loads(json.dumps(saga.state))
        following = planner(state, outcome, self.now, self.timings)
        again = planner(json.loads(json.dumps(following.state)), None, self.now, self.timings)
        if not isinstance(following.step, Renew):
            assert again.step == following.step, "a planner issues the step that its state names"
        saga.state, saga.step, saga.due = following.state, following.step, None
        if following.progress:
            saga.progress.append(following.progress)
        match following.step:
            case Renew():
                self._plan(saga, None)
            case Finish(output, failed):
                saga.status, saga.output = ("failed" if failed else "completed"), output
            case Sleep(seconds) | WaitFor(_, seconds):
                saga.due = self.now + timedelta(seconds=seconds)

    def _do(self, saga):
        match saga.step:
            case Effect(name, args):
                self.did.append(name)
                if self.faults[name]:
                    return self.faults[name].pop(0)
                return json.loads(json.dumps(encode(getattr(self, f"_{name}")(**args))))
            case TableOperation(operation, args):
                self.did.append(operation)
                return self.change(operation, **args)
            case _:
                return {"woken": saga.due is None or saga.due > self.now}

    # What effects do.

    def _check_package(self, **_):
        return {"ok": {"functions": FUNCTIONS, "complete": True}}

    def _ensure_app(self, line, generation, **_):
        name = f"app-{line}-g{generation}"
        self.apps.setdefault(name, App(name))
        return {"ok": {"app": {"name": name, "host": f"{name}.test"}}}

    def _publish_package(self, app, digest, **_):
        self.apps[app["name"]].digest = digest
        return {"ok": {"deployment": f"deployment-of-{digest[:6]}"}}

    def _check_deployment(self, **_):
        return {"ok": {}}

    def _check_health(self, **_):
        return {"ok": {"functions": FUNCTIONS}}

    def _delete_app(self, line, generation, **_):
        name = f"app-{line}-g{generation}"
        gone = self.apps.pop(name, None)
        if gone is None:
            return {"ok": {"deleted": []}}
        assert gone.unfinished == 0, f"{name} was deleted with {gone.instances}"
        self.deleted.append(name)
        return {"ok": {"deleted": [name, f"plan-of-{name}"]}}

    def _count(self, name):
        app = self.apps.get(name)
        if app is None or not app.answers:
            return Count(self.now, None, "the app does not answer")
        return Count(self.now, app.unfinished)

    def _count_unfinished(self, app):
        return {"ok": {"count": encode(self._count(app["name"]))}}

    def _export_instances(self, app, cursor, **_):
        finished = [public for public, runs in self.apps[app["name"]].instances.items() if not runs]
        begin = int(cursor or 0)
        self.archive |= set(finished[begin : begin + 2])
        following = str(begin + 2) if begin + 2 < len(finished) else None
        return {"ok": {"exported": len(finished[begin : begin + 2]), "cursor": following}}

    def _forward_start(self, line, line_generation, app, instance_id, **_):
        found = self.table.lines[line]
        if found.status is not LineStatus.LIVE or found.generation != line_generation:
            return {"retry": {"reason": "moved", "retry_after": 0.5}}
        instances = self.apps[app["name"]].instances
        existed = instance_id in instances
        instances.setdefault(instance_id, True)
        return {"ok": {"accepted": True, "existed": existed}}

    def _find_start(self, line, instance_id, **_):
        app = self.line(line).app
        in_app = app is not None and instance_id in self.apps[app.name].instances
        return {"ok": {"found": in_app or instance_id in self.archive}}

    def _recall_line(self, line, **_):
        return {"ok": {"line": self.tombstones[line]}}

    def _start_saga(self, kind, id, state):  # noqa: A002
        if id in self.sagas:
            return {"ok": {"started": False}}
        self.start(kind, id, state)
        return {"ok": {"started": True}}

    def _wake(self, ids, **_):
        for operation in ids:
            saga = self.sagas.get(operation)
            if saga and saga.status == "running" and isinstance(saga.step, WaitFor):
                saga.due = None
        return {"ok": {}}

    def _observe_application(self, **_):
        table = self.table
        superseded = [line for line in table.lines.values() if is_superseded(table, line)]
        alive = {saga.id for saga in self.running()}
        return {
            "ok": {
                "table": encode_table(decode_table(encode_table(table))),
                "counts": {line.name: encode(self._count(line.app.name)) for line in superseded},
                "dead_holders": [
                    line.name for line in table.lines.values() if line.holder and line.holder not in alive
                ],
            }
        }
