"""Steps of housekeeping: the sweep for orphans, and tombstones on their way to the archive."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from unittest.mock import patch

from simulation import app_effects, sweeping, tombstoning
from simulation.cloud import Cloud
from simulation.mutations.patches import Mutation, Patch
from simulation.sweeping import Sweeper
from simulation.tombstoning import LineArchive
from version_registry import orphans
from version_registry.model import RoutingTable
from version_registry.operations import tombstones
from version_registry.orphans import SweepTimings, TaggedApp


def _ownership_check() -> list[Patch]:
    return [patch.object(sweeping, "is_tagged", lambda _: True), patch.object(app_effects, "is_ours", lambda *_: True)]


def _sweep() -> list[Patch]:
    return [patch.object(Sweeper, "_judge_all", lambda *_: None)]


def _grace() -> list[Patch]:
    return [patch.object(sweeping, "_GRACE", timedelta(0))]


def _count_of_an_orphan() -> list[Patch]:
    return [patch.object(orphans, "_find_obstacle", lambda *_, **__: "")]


def _archive_of_an_orphan() -> list[Patch]:
    return [patch.object(Sweeper, "_is_archived", lambda *_: True)]


def _condemning() -> list[Patch]:
    def timings(self: Sweeper) -> SweepTimings:
        return SweepTimings(usual(self).grace, timedelta(0))

    usual = Sweeper._timings
    return [patch.object(Sweeper, "_timings", timings), patch.object(Cloud, "is_condemned", lambda *_: False)]


def _owner_in_the_making() -> list[Patch]:
    def is_orphan(table: RoutingTable | None, app: TaggedApp) -> bool:
        line = table.lines.get(app.line) if table else None
        return line is None or line.app is None or line.app.name != app.name

    return [patch.object(sweeping, "is_orphan", is_orphan)]


def _copy_of_a_tombstone() -> list[Patch]:
    return [patch.object(LineArchive, "keep", lambda *_: None)]


def _fingerprint() -> list[Patch]:
    return [patch.object(module, "fingerprint", lambda _: "") for module in (tombstoning, tombstones)]


STEPS: Mapping[str, Mutation] = MappingProxyType(
    {
        "the ownership check": _ownership_check,
        "the sweep": _sweep,
        "the grace of an orphan": _grace,
        "the count of an orphan": _count_of_an_orphan,
        "the archive of an orphan": _archive_of_an_orphan,
        "condemning an orphan": _condemning,
        "the owner of an app in the making": _owner_in_the_making,
        "the copy of a tombstone": _copy_of_a_tombstone,
        "the fingerprint of a tombstone": _fingerprint,
    }
)
