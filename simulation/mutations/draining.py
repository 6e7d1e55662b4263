"""Steps of the drain and the retirement."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from simulation.cloud import App
from simulation.mutations.patches import Mutation, Patch, skip_to
from version_registry import drain_plan, retirement, routing, transitions
from version_registry.changes import Request
from version_registry.model import Line, LineStatus, Receipt, RoutingTable
from version_registry.operations import drains
from version_registry.routing import Forward
from version_registry.sagas import Effect, Json, Sleep
from version_registry.stages import Moment, Stage, go_to, pause


def _stages(**changed: Stage) -> Patch:
    return patch.object(retirement, "_STAGES", MappingProxyType({**retirement._STAGES, **changed}))


def _wait_after_closing() -> list[Patch]:
    return [_stages(close=skip_to("count"))]


def _wait_of(*parts: str) -> list[Patch]:
    """Wait after closing for these parts only."""

    def close(_: Json, moment: Moment) -> Sleep:
        return Sleep(sum(getattr(moment.timings, part).total_seconds() for part in parts))

    return [_stages(close=Stage(close, lambda state, *_: go_to(state, "count")))]


def _margin() -> list[Patch]:
    return _wait_of("table_ttl", "forward_deadline")


def _wait_for_snapshots() -> list[Patch]:
    return _wait_of("forward_deadline", "drain_margin")


def _wait_for_forwards() -> list[Patch]:
    return _wait_of("table_ttl", "drain_margin")


def _closing_to_starts() -> list[Patch]:
    """Routers go on forwarding to a line that drains."""

    def route(table: RoutingTable, line: Line, reason: str) -> Any:
        if line.status is LineStatus.DRAINING and line.app is not None:
            return Forward(line.name, line.app, line.generation, reason)
        return usual(table, line, reason)

    usual = routing._route_to_line
    return [patch.object(routing, "_route_to_line", route)]


def _all_pages() -> list[Patch]:
    """Only the first page of the list of instances is read; a page may well have nothing unfinished on it."""

    def count(self: App, now: float) -> int:
        first = [self.instances[key] for key in sorted(self.instances) if self.instances[key].visible_at <= now][:1]
        return sum(one.is_listed(now) for one in first)

    return [patch.object(App, "count_visible", count)]


def _every_status() -> list[Patch]:
    def count(self: App, now: float) -> int:
        return sum(one.is_listed(now) and not one.is_suspended for one in self.instances.values())

    return [patch.object(App, "count_visible", count)]


def _proof_in_the_receipt() -> list[Patch]:
    def write(request: Request) -> Receipt:
        return replace(usual(request), counts=())

    usual = drains._write_receipt
    return [patch.object(drains, "_write_receipt", write)]


def _second_count() -> list[Patch]:
    """One count, then the export, then the count after it at once."""
    return [patch.object(retirement, "_ZEROS_BEFORE_EXPORT", 1), patch.object(retirement, "_ZEROS_BEFORE_RETIRING", 2)]


def _all_counts() -> list[Patch]:
    def see_nothing(outcome: Json, moment: Moment) -> Json:
        seen = usual(outcome, moment)
        return {"json": {**seen["json"], "unfinished": 0}, "unfinished": 0}

    usual = retirement._decode_count
    return [patch.object(retirement, "_decode_count", see_nothing)]


def _unknown_is_not_zero() -> list[Patch]:
    def take_unknown_for_zero(outcome: Json, moment: Moment) -> Json:
        seen = usual(outcome, moment)
        return seen if seen["unfinished"] else {"json": {**seen["json"], "unfinished": 0}, "unfinished": 0}

    usual = retirement._decode_count
    return [patch.object(retirement, "_decode_count", take_unknown_for_zero)]


def _count_after_export() -> list[Patch]:
    def read(state: Json, outcome: Json, moment: Moment) -> Json:
        following = usual(state, outcome, moment)
        return go_to(following, "begin_retire") if following["step"] == "count" else following

    usual = retirement._STAGES["export"].read
    return [_stages(export=Stage(retirement._STAGES["export"].issue, read))]


def _export() -> list[Patch]:
    return [_stages(export=skip_to("count"))]


def _retire_before_deleting() -> list[Patch]:
    """Delete the app first, and tell the table afterwards."""

    def issue(state: Json, moment: Moment) -> Effect:
        delete: Effect = retirement._STAGES["delete_app"].issue(state, moment)  # type: ignore[assignment]
        return delete

    def read(state: Json, outcome: Json, _: Moment) -> Json:
        if "ok" in outcome:
            return go_to(state, "begin_afterwards", deleted=outcome["ok"]["deleted"])
        return pause(state, 2.0, "begin_retire")

    def read_begin(state: Json, outcome: Json, moment: Moment) -> Json:
        following = usual.read(state, outcome, moment)
        return go_to(following, "complete") if following["step"] == "delete_app" else following

    usual = retirement._STAGES["begin_retire"]
    return [_stages(begin_retire=Stage(issue, read), begin_afterwards=Stage(usual.issue, read_begin))]


def _generation_guard() -> list[Patch]:
    def check(request: Request, operation: str) -> Any:
        args = {name: value for name, value in request.args.items() if name != "expected_generation"}
        return usual(Request(request.table, args, request.now, request.line), operation)

    usual = transitions._check_rules
    return [patch.object(transitions, "_check_rules", check)]


def _taking_over() -> list[Patch]:
    return [patch.object(drain_plan, "_judge_holder", lambda *_: None)]


def _wait_of_who_takes_over() -> list[Patch]:
    def read(state: Json, outcome: Json, moment: Moment) -> Json:
        following = usual.read(state, outcome, moment)
        return go_to(following, "count") if following["step"] == "close" else following

    usual = retirement._STAGES["take_over"]
    return [_stages(take_over=Stage(usual.issue, read))]


def _proof_in_the_table() -> list[Patch]:
    return [patch.object(drains, "_is_proof", lambda *_: True)]


def _obstacles() -> list[Patch]:
    return [patch.object(drains, "_find_obstacle", lambda _: None)]


def _delay_between_counts() -> list[Patch]:
    def read(state: Json, outcome: Json, moment: Moment) -> Json:
        following = usual.read(state, outcome, moment)
        # Not when the app did not answer, or it would be asked again and again at once.
        return {**following, "seconds": 0.0} if following["step"] == "pause" and following["zeros"] else following

    usual = retirement._STAGES["count"]
    return [_stages(count=Stage(usual.issue, read))]


def _counting() -> list[Patch]:
    return [_stages(count=skip_to("begin_retire"))]


def _tombstone() -> list[Patch]:
    return [_stages(complete=skip_to("done", output={"outcome": "retired"}, failed=False))]


def _surety_of_a_death() -> list[Patch]:
    return [patch.object(drain_plan, "DEATH_IS_SURE_AFTER", timedelta(0))]


STEPS: Mapping[str, Mutation] = MappingProxyType(
    {
        "the wait after closing": _wait_after_closing,
        "the wait for snapshots": _wait_for_snapshots,
        "the wait for forwards": _wait_for_forwards,
        "the drain margin": _margin,
        "closing to starts": _closing_to_starts,
        "all pages": _all_pages,
        "every status": _every_status,
        "the second count": _second_count,
        "the delay between counts": _delay_between_counts,
        "all counts": _all_counts,
        "the counting": _counting,
        "unknown is not zero": _unknown_is_not_zero,
        "the count after the export": _count_after_export,
        "the export": _export,
        "begin_retire before deleting": _retire_before_deleting,
        "the tombstone": _tombstone,
        "the proof in the receipt": _proof_in_the_receipt,
        "the generation guard": _generation_guard,
        "the proof in the table": _proof_in_the_table,
        "the obstacles of begin_drain": _obstacles,
        "taking over": _taking_over,
        "the wait of who takes over": _wait_of_who_takes_over,
        "the surety of a death": _surety_of_a_death,
    }
)
