"""Effects on instances and on other sagas, in the order of steps that router_app/effects has."""

from collections.abc import Mapping
from typing import Any

from simulation.activities import Done
from simulation.app_effects import ok, retry
from simulation.clock import EPOCH
from simulation.cloud import Cloud, Instance
from simulation.faults import READ_LAG, SLACK
from simulation.hub import Hub
from simulation.nature import Nature
from simulation.routers import forward_deadline, travel_time
from simulation.table import TableEntity
from version_registry.codec import decode_time, encode_time
from version_registry.model import Line, LineStatus
from version_registry.sagas import Json

_PAGE = 2
_CLOCK_DOUBT = 5.0


class RouterEffects:
    """What the planners may ask of version apps, the table and the hub."""

    __slots__ = ("_cloud", "_hub", "_nature", "_table")

    def __init__(self, nature: Nature, table: TableEntity, hub: Hub, cloud: Cloud) -> None:
        self._nature, self._table, self._hub, self._cloud = nature, table, hub, cloud

    def count_unfinished(self, args: Mapping[str, Any], done: Done) -> None:
        """Count an app's unfinished instances, as they were when the count began."""
        count = self._count(args["app"]["name"], "count_unknown")
        if self._nature.trace.on:
            self._nature.trace.tell(args["app"]["name"], f"count: {count['unfinished']} {count['reason']}")
        self._nature.after(self._nature.moment_of_work(), done, ok(count=count))

    def export_instances(self, args: Mapping[str, Any], done: Done) -> None:
        """Copy one page of instances to the archive."""
        nature, app = self._nature, self._cloud.apps.get(args["app"]["name"])
        takes = nature.moment_of_work()
        if app is None or not app.answers(nature.now) or nature.befalls("azure_refuses"):
            nature.after(takes, done, retry("the app does not answer"))
            return
        if nature.befalls("own_work"):
            self._cloud.begin_own_work(app)
        visible = [key for key in sorted(app.instances) if app.find(key, nature.now)]
        begin = int(args["cursor"] or 0)
        page = visible[begin : begin + _PAGE]
        for public_id in page:
            self._cloud.archive[public_id] = app.instances[public_id].created_at
        cursor = str(begin + _PAGE) if begin + _PAGE < len(visible) else None
        if cursor is None and app.exported_at is None:
            app.exported_at = nature.now
        nature.after(takes, done, ok(exported=len(page), cursor=cursor))

    def forward_start(self, args: Mapping[str, Any], done: Done) -> None:
        """Start a waiting instance in its app, if the table, read anew, still has that app take starts."""
        nature = self._nature
        give_up_at = nature.now + forward_deadline(nature)
        if self.is_archived(args):
            nature.after(nature.moment_of_work(), done, ok(accepted=True, existed=True))
            return
        line = self.read_line(args["line"])
        if moved := is_moved(line, args):
            nature.after(nature.moment_of_work(), done, retry(moved, 0.5))
            return
        nature.after(nature.message_time(), self._look_for_start, args, give_up_at, done)

    def _look_for_start(self, args: Mapping[str, Any], give_up_at: float, done: Done) -> None:
        nature, app = self._nature, self._cloud.apps.get(args["app"]["name"])
        if app is None or not app.answers(nature.now):
            nature.after(nature.moment_of_work(), done, retry("the app cannot be asked yet"))
            return
        if self.is_started(args, app.find(args["instance_id"], nature.now)):
            nature.after(nature.moment_of_work(), done, ok(accepted=True, existed=True))
            return
        there = travel_time(nature)
        if nature.now + there <= give_up_at + SLACK:
            nature.after(there, self._send_start, args, give_up_at, done)
        if nature.now + there > give_up_at:
            nature.after(max(0.0, give_up_at - nature.now), done, timed_out(nature))

    def _send_start(self, args: Mapping[str, Any], give_up_at: float, done: Done) -> None:
        result = self._cloud.start(args["app"]["name"], args["instance_id"])
        if self._nature.now > give_up_at:
            return
        answered = retry("the app cannot be asked yet") if result == "away" else None
        outcome = answered or ok(accepted=True, existed=result == "exists")
        if self._nature.befalls("answer_lost"):
            outcome = timed_out(self._nature)
        self._nature.after(self._nature.moment_of_work(), done, outcome)

    def find_start(self, args: Mapping[str, Any], done: Done) -> None:
        """Tell whether an earlier try was taken: the app is asked first, then the archive."""
        nature, line = self._nature, self.read_line(args["line"])
        app = self._cloud.apps.get(line.app.name) if line and line.app else None
        if line is not None and line.app is not None and (app is None or not app.answers(nature.now)):
            nature.after(nature.moment_of_work(), done, retry("the app cannot be asked yet"))
            return
        found = app is not None and self.is_started(args, app.find(args["instance_id"], nature.now))
        nature.after(nature.moment_of_work(), self._look_further, args, found, done)

    def _look_further(self, args: Mapping[str, Any], found: bool, done: Done) -> None:
        done(ok(found=found or self.is_archived(args)))

    def read_line(self, name: str) -> Line | None:
        """Read the table past any snapshot; a read may still be a little behind."""
        table = self._table.as_of(self._nature.now - self._nature.up_to(READ_LAG))
        return table.lines.get(name) if table else None

    def is_started(self, args: Mapping[str, Any], found: Instance | None) -> bool:
        """Tell whether an earlier try has started it, as router_app/effects/starts.py does."""
        if found is None:
            return False
        if found.unfinished(self._nature.now):
            return True
        return found.created_at >= _seconds(args["requested_at"]) - _CLOCK_DOUBT

    def is_archived(self, args: Mapping[str, Any]) -> bool:
        """Tell whether an earlier try has started it in an app that is retired since."""
        created_at = self._cloud.archive.get(args["instance_id"])
        return created_at is not None and created_at >= _seconds(args["requested_at"]) - _CLOCK_DOUBT

    def start_saga(self, args: Mapping[str, Any], done: Done) -> None:
        """Start a saga once."""
        saga = {"kind": args["kind"], "state": args["state"]}
        started = self._hub.start(args["id"], saga, again=args["kind"] == "monitor")
        self._nature.after(self._nature.moment_of_work(), done, ok(started=started))

    def wake(self, args: Mapping[str, Any], done: Done) -> None:
        """Wake those who wait."""
        for saga_id in args["ids"]:
            self._hub.wake(saga_id, args["event"])
        self._nature.after(self._nature.moment_of_work(), done, ok())

    def observe_application(self, _: Mapping[str, Any], done: Done) -> None:
        """Look at the table, the counts of superseded lines, and then at who holds lines."""
        table = self._table.as_of(self._nature.now - self._nature.up_to(READ_LAG))
        if table is None:
            done({"failed": {"code": "unknown_application", "reason": "no table"}})
            return
        superseded = [
            line for line in table.lines.values() if line.status is LineStatus.LIVE and line.name != table.current
        ]
        counts = {line.name: self._count(line.app.name, "observation_unknown") for line in superseded if line.app}
        held = {line.name: line.holder for line in table.lines.values() if line.holder}

        def look_at_holders() -> None:
            dead = [line for line, holder in held.items() if not self._is_alive(holder)]
            done(ok(table=self._table.encoded(table), counts=counts, dead_holders=dead))

        self._nature.after(self._nature.moment_of_work(), look_at_holders)

    def _is_alive(self, saga_id: str) -> bool:
        saga = self._hub.sagas.get(saga_id)
        return saga is not None and saga.alive and saga.found_from <= self._nature.now

    def _count(self, app_name: str, fault: str) -> Json:
        nature, app = self._nature, self._cloud.apps.get(app_name)
        unfinished: int | None = None
        if app is not None and app.answers(nature.now) and not nature.befalls(fault):
            unfinished = app.count_visible(nature.now)
        reason = "" if unfinished is not None else "the app did not answer"
        return {"at": encode_time(nature.moment), "unfinished": unfinished, "reason": reason, "blockers": []}


def timed_out(nature: Nature) -> Json:
    """Say that a start got no answer. It is tried again only when a look can tell whether it was taken."""
    certain_after = nature.timings.visibility_delay + nature.timings.drain_margin
    return retry("the app cannot be asked yet (timed_out)", certain_after.total_seconds())


def is_moved(line: Line | None, args: Mapping[str, Any]) -> str:
    """Say why the app may not be sent the start any more; empty while it may."""
    if line is None or line.status is not LineStatus.LIVE:
        return f"moved: line {args['line']} is {line.status if line else 'unknown'}"
    return "" if line.generation == args["line_generation"] else f"moved: line {args['line']} has a new app"


def _seconds(time: str) -> float:
    return (decode_time(time) - EPOCH).total_seconds()
