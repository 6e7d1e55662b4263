"""The promises: what may never be seen, and what must be so once the world has calmed down."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from simulation.app_effects import app_name, is_bad
from simulation.cloud import OURS, App, Cloud
from simulation.drain_rules import Restlessness, why_not_close
from simulation.hub import Hub, Saga
from simulation.ledger import Ledger
from simulation.nature import Nature
from simulation.routers import line_of_instance
from simulation.table import APPLICATION, TableEntity
from simulation.verdicts import ViolationError
from version_registry.drain_plan import BeginRetirement, Skip, judge_line
from version_registry.identifiers import start_id
from version_registry.model import Line, LineStatus, RoutingTable
from version_registry.quiet import is_superseded
from version_registry.sagas import Json

_LASTING = ("kept: ", "it takes ", "one of the ")
"""Reasons for which a superseded line stays until a person or a policy changes."""


_UNCOUNTED = "the app did not answer the count"
PROMPT = 20.0
"""Seconds to deliver a start that waited, when nothing goes wrong; without a wake-up it takes a minute."""
_LONG = timedelta(hours=6)
"""A delay of policy that no run waits for."""


class Checks:
    """Looks at a world and objects."""

    __slots__ = ("_cloud", "_hub", "_ledger", "_nature", "_restlessness", "_table", "calm")

    def __init__(self, nature: Nature, table: TableEntity, hub: Hub, cloud: Cloud, ledger: Ledger) -> None:
        self._nature = nature
        self._table, self._hub, self._cloud, self._ledger = table, hub, cloud, ledger
        self._restlessness = Restlessness()
        self.calm = False
        """Whether nothing goes wrong in this run, so that everything has to be prompt."""

    def watch(self, before: RoutingTable | None, operation: str, args: Json, outcome: Json) -> None:
        """Look at each operation on the table."""
        reached, granted = self._nature.reached, outcome["granted"]
        reached[operation if granted else f"{operation} refused: {outcome['code']}"] += 1
        if not granted or before is self._table.table:
            return
        name = outcome.get("line", args.get("line"))
        line = before.lines.get(name) if before and isinstance(name, str) else None
        if line is not None and line.status is LineStatus.DRAINING and operation in _INTERRUPTING:
            reached[f"{operation} of a draining line"] += 1
        if check := _WATCHED.get(operation):
            check(self, before, line, args, outcome)
        if self._table.table is not None:
            self._restlessness.note(before, self._table.table, self._nature.moment)

    def _check_drain(self, table: RoutingTable, line: Line, _args: Json, _outcome: Json) -> None:
        """A drain begins only on what the table says at that very moment, not on what was seen before."""
        if line.status is not LineStatus.LIVE:
            return
        nature = self._nature
        reason = why_not_close(table, line, nature.moment) or self._restlessness.why_not_close(
            line, nature.moment, nature.timings
        )
        if reason:
            raise ViolationError(f"line {line.name} is closed although {reason}")
        self._forget_export(line)

    def _check_take_over(self, _table: RoutingTable, line: Line, args: Json, _outcome: Json) -> None:
        """Nobody is taken over from while it lives."""
        former = self._hub.sagas.get(args["replaces"])
        if former is not None and former.alive:
            raise ViolationError(f"line {line.name} is taken over from {former.id}, which lives")
        self._forget_export(line)

    def _forget_export(self, line: Line) -> None:
        if line.app is not None and (app := self._cloud.apps.get(line.app.name)):
            app.exported_at = None

    def _check_activation(self, _table: RoutingTable, _line: Line, args: Json, _outcome: Json) -> None:
        app = self._cloud.apps.get(args["app"]["name"])
        if app is not None and is_bad(app.digest):
            raise ViolationError(f"line {args['line']} is live, and {app.name} runs {app.digest}, which does not start")
        if self.calm:
            waiting = [saga for saga in self._starts_of(args["line"]) if saga.alive]
            self._nature.after(PROMPT, self._check_prompt, waiting)

    def _check_failed_deploy(self, _table: RoutingTable, line: Line, args: Json, _outcome: Json) -> None:
        """What a failed deploy says it has removed is gone; unless somebody who was thought dead has made it anew."""
        app = self._cloud.apps.get(app_name(line.name, line.generation))
        is_first = line.app is None and args["app_deleted"]
        if is_first and app is not None and app.digest is not None and not self._hub.has_stragglers:
            raise ViolationError(f"the deploy {line.holder} has failed and left {app.name} behind")

    def _check_receipt(self, _table: RoutingTable, line: Line, _args: Json, outcome: Json) -> None:
        receipt = outcome["receipt"]
        zeros = [count for count in receipt["counts"][-2:] if count["unfinished"] == 0]
        if len(zeros) < 2:
            raise ViolationError(f"a line is retired and its receipt ends with {receipt['counts'][-2:]}")
        if line.app is not None and line.app.name in self._cloud.apps and not self._hub.has_stragglers:
            raise ViolationError(f"line {line.name} is retired, and {line.app.name} is still there")

    def check_deletion(self, app: App) -> None:
        """An app that the table counts on stays."""
        line = self._line_of(app)
        if line is not None and line.app and line.app.name == app.name and line.status is not LineStatus.RETIRING:
            raise ViolationError(f"{app.name} is deleted while line {line.name} is {line.status.value}")

    def check_removal(self, app: App) -> None:
        """Housekeeping leaves alone what somebody is at work on."""
        line = self._line_of(app)
        if line is None or line.holder is None or line.generation != app.generation:
            return
        holder = self._hub.sagas.get(line.holder)
        if holder is not None and holder.alive:
            raise ViolationError(f"{app.name} is removed as an orphan while {holder.id} is at work on it")

    def _line_of(self, app: App) -> Line | None:
        table = self._table.table
        return table.lines.get(app.line) if table else None

    def _starts_of(self, line: str) -> list[Saga]:
        prefix = start_id(APPLICATION, f"{line}~")
        return [saga for saga_id, saga in self._hub.sagas.items() if saga_id.startswith(prefix)]

    def _check_prompt(self, waiting: list[Saga]) -> None:
        """Whoever waited for a line is woken when it is live."""
        if late := [saga.id for saga in waiting if saga.alive]:
            raise ViolationError(f"{late[0]} still waits {PROMPT:.0f} s after its line has become live")

    def unsettled(self, open_requests: int) -> str:
        """Say what still has to come about before the books can be closed; empty when nothing has to."""
        return next(self._find_unsettled(open_requests), "")

    def _find_unsettled(self, open_requests: int) -> Iterator[str]:
        if open_requests:
            yield f"{open_requests} requests are open"
        for saga in self._hub.sagas.values():
            if saga.alive and saga.kind != "monitor":
                yield f"{saga.id} still runs"
        table = self._table.table
        if table is None:
            return
        yield from (f"line {line.name}: {why}" for line in table.lines.values() if (why := self._why_not(table, line)))
        known = {line.app.name for line in table.lines.values() if line.app}
        yield from (
            f"{name} is an orphan"
            for name, app in self._cloud.apps.items()
            if name not in known and app.owner == OURS and not self._is_told(name)
        )

    def _is_told(self, name: str) -> bool:
        """Tell whether housekeeping leaves an orphan to people: one that cannot be counted is never removed."""
        orphan = self._cloud.orphans.get(name)
        return orphan is not None and orphan.reason.startswith(_UNCOUNTED)

    def _why_not(self, table: RoutingTable, line: Line) -> str:
        if line.holder is not None:
            return f"{line.status.value}, held by {line.holder}"
        if not is_superseded(table, line):
            return ""
        verdict = judge_line(table, line, self._nature.moment, self._nature.timings)
        return (
            "" if self._lasts(verdict) else f"superseded and not retired ({getattr(verdict, 'reason', 'it could be')})"
        )

    def _lasts(self, verdict: BeginRetirement | Skip) -> bool:
        if not isinstance(verdict, Skip):
            return False
        is_far = verdict.until is not None and verdict.until - self._nature.moment > _LONG
        return is_far or verdict.reason.startswith(_LASTING)

    def close_the_books(self) -> None:
        """Check every promise that was made to a client, and that the apps are what the table says."""
        self._check_apps()
        if self.calm:
            self._check_successes()
        for public_id in self._ledger.accepted:
            self._check_accepted(public_id)
        for public_id, runs in self._ledger.runs.items():
            if len(runs) > 1:
                raise ViolationError(
                    f"{public_id} was started {len(runs)} times, in {', '.join(run.app for run in runs)}"
                )
        self._check_keys()

    def _check_successes(self) -> None:
        """Where nothing goes wrong nothing fails."""
        for saga in self._hub.sagas.values():
            if saga.status == "Failed" and "unknown_version" not in str(saga.output):
                raise ViolationError(f"nothing went wrong, and {saga.id} has failed: {saga.output}")

    def _check_accepted(self, public_id: str) -> None:
        runs = self._ledger.runs.get(public_id, [])
        saga = self._hub.sagas.get(start_id(APPLICATION, public_id))
        if saga is not None and saga.status == "Failed":
            # One that was started anew after its delivery failed is told from its app or the archive.
            if any(run.at < saga.ended_at for run in runs):
                raise ViolationError(f"{public_id} ran, and its client is told: {saga.output}")
            return
        if not runs:
            raise ViolationError(f"{public_id} was accepted and never ran")
        in_app = any(public_id in app.instances for app in self._cloud.apps.values())
        if not in_app and public_id not in self._cloud.archive:
            raise ViolationError(f"{public_id} was accepted and is neither in an app nor in the archive")

    def _check_keys(self) -> None:
        """An Idempotency-Key has started one instance, on whichever line."""
        lines: dict[str, str] = {}
        for public_id in self._ledger.runs:
            line = line_of_instance(public_id)
            key = public_id.removeprefix(f"{line}~")
            other = lines.setdefault(key, line)
            if other != line:
                raise ViolationError(f"{key} was started on line {other} and on line {line}")

    def _check_apps(self) -> None:
        table = self._table.table
        for line in table.lines.values() if table else ():
            app = self._cloud.apps.get(line.app.name) if line.app else None
            if line.app is not None and app is None:
                raise ViolationError(f"line {line.name} is {line.status.value} and its app is gone")
            digests = {release.version: release.digest for release in line.releases}
            if app is not None and app.digest != digests[line.active or ""]:
                raise ViolationError(f"{app.name} runs {app.digest}, and the table says {line.active}")


_INTERRUPTING = frozenset({"promote", "rollback", "keep", "begin_deploy", "request_start", "cancel_drain"})
_WATCHED: Mapping[str, Callable[[Checks, Any, Any, Json, Json], None]] = {
    "begin_drain": Checks._check_drain,
    "take_over": Checks._check_take_over,
    "activate": Checks._check_activation,
    "fail_deploy": Checks._check_failed_deploy,
    "complete_retire": Checks._check_receipt,
}
