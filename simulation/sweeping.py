"""Housekeeping's sweep for orphans, in the order of steps of router_app/housekeeping/orphans.py.

What is an orphan, and when it may go, is decided by production code.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from simulation.cloud import OURS, App, Cloud
from simulation.nature import Nature
from simulation.table import APPLICATION, TableEntity
from version_registry.model import Count
from version_registry.orphans import (
    Orphan,
    Remove,
    SweepTimings,
    TaggedApp,
    is_orphan,
    is_past_grace,
    judge_orphan,
    was_never_live,
)

_ROUND_EVERY = 40.0
_GRACE = timedelta(seconds=60)


class Sweeper:
    """The sweep of one router."""

    __slots__ = ("_cloud", "_nature", "_table", "on_remove")

    def __init__(self, nature: Nature, table: TableEntity, cloud: Cloud) -> None:
        self._nature, self._table, self._cloud = nature, table, cloud
        self.on_remove: Callable[[App], None] = lambda _: None
        """Is told before an app goes."""

    def begin(self) -> None:
        """Sweep from now on, every so often."""
        self._nature.after(_ROUND_EVERY, self._round)

    def _round(self) -> None:
        self._nature.after(_ROUND_EVERY, self._round)
        known = {line.app.name for line in self._table.table.lines.values() if line.app} if self._table.table else set()
        if known.issuperset(self._cloud.apps) and not self._cloud.orphans:
            return
        # The apps first, the table a moment later.
        apps = [read_tags(app) for app in self._cloud.apps.values() if is_tagged(app)]
        self._then(self._nature.message_time(), self._judge_all, apps)

    def _then(self, seconds: float, act: Callable[..., None], *args: Any) -> None:
        """Go on a little later, unless the process dies first; what it has noted is in the store."""
        if not self._nature.befalls("housekeeping_dies"):
            self._nature.after(seconds, act, *args)

    def _judge_all(self, apps: list[TaggedApp]) -> None:
        table = self._table.table
        found = {app.name: app for app in apps if is_orphan(table, app)}
        self._cloud.orphans = {name: orphan for name, orphan in self._cloud.orphans.items() if name in found}
        for app in found.values():
            orphan = self._cloud.orphans.get(app.name)
            if orphan is None:
                orphan = self._cloud.orphans[app.name] = Orphan(app, self._nature.moment)
                self._nature.reached["an orphan is seen"] += 1
            if is_past_grace(orphan, self._nature.moment, self._timings()):
                self._then(self._nature.moment_of_work(), self._look_into, orphan, self._count(app.name))

    def _look_into(self, orphan: Orphan, count: Count) -> None:
        counted = replace(orphan, count=count)
        never_live = was_never_live(self._table.table, orphan.app)
        verdict = judge_orphan(counted, self._nature.moment, self._timings(), never_live=never_live)
        if not isinstance(verdict, Remove):
            if orphan.condemned_at is None and verdict.orphan.condemned_at is not None:
                self._nature.reached["an orphan is condemned"] += 1
            self._cloud.orphans[orphan.app.name] = verdict.orphan
        elif is_orphan(self._table.table, orphan.app):
            self._then(self._nature.moment_of_work(), self._archive, verdict.orphan, never_live)

    def _archive(self, orphan: Orphan, never_live: bool) -> None:
        app = self._cloud.apps.get(orphan.app.name)
        if app is not None and not never_live and not self._is_archived(app):
            self._cloud.orphans[orphan.app.name] = replace(orphan, condemned_at=None)
            return
        self._then(4 * self._nature.moment_of_work(), self._remove, orphan.app)

    def _is_archived(self, app: App) -> bool:
        now = self._nature.now
        if not app.answers(now):
            return False
        self._cloud.archive.update((key, one.created_at) for key, one in app.instances.items() if one.visible_at <= now)
        return app.count_visible(now) == 0

    def _remove(self, app: TaggedApp) -> None:
        if self._cloud.being_made.get(app.name):
            return
        self._cloud.orphans.pop(app.name, None)
        self._nature.reached["an orphan is removed"] += 1
        if self._nature.trace.on:
            self._nature.trace.tell("housekeeping", f"removes the orphan {app.name}")
        if app.name in self._cloud.apps:
            self.on_remove(self._cloud.apps[app.name])
        self._cloud.delete(app.name)

    def _count(self, name: str) -> Count:
        app = self._cloud.apps.get(name)
        answers = app is not None and app.answers(self._nature.now)
        return Count(self._nature.moment, app.count_visible(self._nature.now) if app and answers else None)

    def _timings(self) -> SweepTimings:
        timings = self._nature.timings
        return SweepTimings(_GRACE, timings.forward_deadline + timings.drain_margin + timings.visibility_delay)


def is_tagged(app: App) -> bool:
    """Tell by its tags whether an app is this router's."""
    return app.owner == OURS


def read_tags(app: App) -> TaggedApp:
    """Read whose app it is."""
    return TaggedApp(app.name, APPLICATION, app.line, app.generation)
