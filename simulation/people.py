"""Release pipelines and admins, and what befalls the router: everything that comes from outside at any time."""

from collections.abc import Callable, Mapping
from typing import Any

from simulation.app_effects import BAD_DIGEST
from simulation.cloud import Cloud
from simulation.hub import Hub
from simulation.nature import Nature
from simulation.routers import Router
from simulation.table import APPLICATION, TableEntity
from simulation.tombstoning import LineArchive
from version_registry.identifiers import attempt_number, deploy_id, monitor_id
from version_registry.model import RetiredStarts
from version_registry.monitoring import new_monitor
from version_registry.rollout import new_deploy
from version_registry.stages import LINE_FREE
from version_registry.transitions import ARCHIVED

MONITOR = monitor_id(APPLICATION)


class People:
    """Everybody but clients."""

    __slots__ = ("_cloud", "_hub", "_nature", "_routers", "_table", "busy", "line_archive")

    def __init__(self, nature: Nature, table: TableEntity, hub: Hub, cloud: Cloud, routers: list[Router]) -> None:
        self._nature, self._table, self._hub, self._cloud, self._routers = nature, table, hub, cloud, routers
        self.line_archive: LineArchive
        self.busy = 0
        """Changes that somebody still waits for."""

    def release(self, version: str, *, deploys: bool = True) -> None:
        """Register a release, and have it deployed unless it is to wait until it is needed."""
        bad = self._nature.befalls("package_bad")
        digest = f"{BAD_DIGEST if bad else 'package'}-of-{version}"

        def registered(_: Any) -> None:
            self.ensure_monitor()
            if deploys:
                self._deploy(version)

        self._change("register_release", {"version": version, "digest": digest, "functions": []}, registered)

    def _change(self, operation: str, args: Mapping[str, Any], changed: Callable[[Mapping[str, Any]], None]) -> None:
        """Change the table; a line that is in the archive is brought back first."""
        self.busy += 1

        def hear(outcome: Mapping[str, Any]) -> None:
            self.busy -= 1
            document = None
            if outcome.get("code") == ARCHIVED:
                document = self.line_archive.find(self._table.table, outcome["line"])
            if document is None:
                return changed(outcome)
            self.busy += 1
            return self._table.ask("restore_line", {"line": document}, restored)

        def restored(_: Any) -> None:
            self.busy -= 1
            self._change(operation, args, changed)

        self._table.ask(operation, args, hear)

    def _deploy(self, version: str) -> None:
        table = self._table.table
        attempt = attempt_number(table.generation if table else 0, self._nature.moment)
        operation = deploy_id(APPLICATION, version, attempt)
        state = new_deploy(APPLICATION, version, operation=operation)
        self._hub.start(operation, {"kind": "deploy_release", "state": dict(state)})

    def ensure_monitor(self) -> None:
        """Start the monitor if it does not run, as a timer in the router does every minute."""
        self._hub.start(MONITOR, {"kind": "monitor", "state": dict(new_monitor(APPLICATION))}, again=True)

    def steer(self, operation: str, args: Mapping[str, Any]) -> None:
        """Change the table on behalf of an admin, and wake who waited for it."""
        router = self._nature.draw.choice(self._routers)

        def changed(outcome: Mapping[str, Any]) -> None:
            router.forget_table()
            for saga_id in outcome.get("waiting", ()):
                self._hub.wake(saga_id, LINE_FREE)

        self._change(operation, args, changed)

    def steer_somehow(self) -> None:
        """Do one of the things that admins do, to any line."""
        table = self._table.table
        if table is None or not table.lines:
            return
        line = self._nature.draw.choice([*table.lines, *table.archived])
        operation, args = self._nature.draw.choice(_STEERING)
        named = {} if operation in ("rollback", "set_policy") else {"line": line}
        self.steer(operation, {**named, **args})

    def kill_somebody(self) -> None:
        """End an orchestration that holds a line, or the monitor, as its host can after too many faults."""
        alive = [saga for saga in self._hub.sagas.values() if saga.alive and saga.kind != "deliver_start"]
        if not alive:
            return
        self.kill(self._nature.draw.choice(alive).id)

    def kill(self, saga_id: str) -> None:
        """End an orchestration."""
        self._hub.kill(saga_id)
        if saga_id == MONITOR:
            self._nature.after(60.0 * self._nature.draw.random(), self.monitor_again)

    def monitor_again(self) -> None:
        """Let the router's timer find that the monitor does not run."""
        self.ensure_monitor()

    def restart_router(self) -> None:
        """End a process of the router; another takes its place at once."""
        self._nature.reached["a router dies"] += 1
        self._nature.draw.choice(self._routers).restart()

    def take_app_away(self) -> None:
        """Have an app answer nothing for a while."""
        if self._cloud.apps:
            self._nature.reached["an app is away"] += 1
            app = self._nature.draw.choice(list(self._cloud.apps.values()))
            app.down_until = max(app.down_until, self._nature.now + 60.0 * self._nature.draw.random())
            if self._nature.trace.on:
                self._nature.trace.tell(app.name, f"IS AWAY until {app.down_until:.2f}")


_STEERING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("promote", {}),
    ("promote", {}),
    ("rollback", {}),
    ("keep", {"reason": "an admin says so"}),
    ("keep", {"reason": None}),
    ("request_drain", {}),
    ("request_drain", {}),
    ("cancel_drain", {"reason": "an admin says so"}),
    ("ramp", {"percent": 50}),
    ("ramp", {"percent": 90}),
    ("ramp", {"percent": 0}),
    ("set_policy", {"policy": {"keep_last": 1}}),
    ("set_policy", {"policy": {"sunset_delay": 30.0}}),
    *(("set_policy", {"policy": {"retired_starts": choice.value}}) for choice in RetiredStarts),
)
