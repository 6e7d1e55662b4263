"""The protocol with one step left out, each by its name: what the simulation must find out.

A mutation replaces parts of production modules from outside, for as long as it is applied; those steps that stand in
the shell are taken out of the model of the shell instead.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from router_app.known_tables import KnownTables, Snapshot
from simulation import app_effects, router_effects, routers
from simulation.people import People
from simulation.router_effects import RouterEffects
from simulation.routers import Router
from version_registry import drain_plan, retirement, rollout, starting, transitions
from version_registry.changes import Request
from version_registry.model import Line
from version_registry.operations import deploys, drains, starts
from version_registry.releases import find_release
from version_registry.sagas import Effect, Json, Sleep
from version_registry.stages import Moment, Stage, go_to, pause

Patch = AbstractContextManager[Any]


@contextmanager
def without(name: str | None) -> Iterator[None]:
    """Leave a step of the protocol out; None leaves it whole."""
    with ExitStack() as stack:
        for one in MUTATIONS[name]() if name else ():
            stack.enter_context(one)
        yield


def _stages(**changed: Stage) -> Patch:
    return patch.object(retirement, "_STAGES", MappingProxyType({**retirement._STAGES, **changed}))


def _skip_to(step: str, seconds: float = 0.0) -> Stage:
    return Stage(lambda *_: Sleep(seconds), lambda state, *_: go_to(state, step))


def _wait_after_closing() -> list[Patch]:
    return [_stages(close=_skip_to("count"))]


def _margin() -> list[Patch]:
    def close(_: Json, moment: Moment) -> Sleep:
        return Sleep((moment.timings.table_ttl + moment.timings.forward_deadline).total_seconds())

    return [_stages(close=Stage(close, lambda state, *_: go_to(state, "count")))]


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
    return [_stages(export=_skip_to("count"))]


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


def _snapshots_age() -> list[Patch]:
    return [patch.object(KnownTables, "is_fresh", lambda *_: True)]


def _age_from_before_the_read() -> list[Patch]:
    def have_read(self: Router, snapshot: Snapshot, *rest: Any) -> None:
        usual(self, Snapshot(snapshot.table, self._nature.now), *rest)

    usual = Router._have_read
    return [patch.object(Router, "_have_read", have_read)]


def _forward_deadline() -> list[Patch]:
    return [patch.object(module, "forward_deadline", lambda _: 1e6) for module in (routers, router_effects)]


def _table_read_anew() -> list[Patch]:
    return [patch.object(router_effects, "is_moved", lambda *_: "")]


def _look_in_the_app() -> list[Patch]:
    return [patch.object(RouterEffects, "is_started", lambda *_: False)]


def _look_in_the_archive() -> list[Patch]:
    return [patch.object(RouterEffects, "is_archived", lambda *_: False)]


def _pause_after_a_time_out() -> list[Patch]:
    quick = app_effects.retry("timed out", 1.0)
    return [patch.object(router_effects, "timed_out", lambda _: quick)]


def _reopening() -> list[Patch]:
    def wait(request: Request) -> Any:
        return starts._wait(request, "line is draining")

    return [patch.object(starts, "_reopen_for_start", wait)]


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


def _waiting_list() -> list[Patch]:
    def keep(line: Line, _: str | None) -> Line:
        return line

    return [patch.object(module, "queue", keep) for module in (deploys, starts)]


def _ensure_monitors() -> list[Patch]:
    return [patch.object(People, "monitor_again", lambda _: None)]


def _look_before_giving_up() -> list[Patch]:
    return [patch.object(starting, "_give_up", lambda state, reason, _: starting._fail(state, reason))]


def _hold_of_a_line() -> list[Patch]:
    def take_it_anyway(request: Request) -> Any:
        release = find_release(request.subject, request.args["version"])
        assert release is not None
        return deploys._hold_for_deploy(request, release)

    return [patch.object(deploys, "_refuse_busy", take_it_anyway)]


def _failed_deploy(**changed: Stage) -> list[Patch]:
    return [patch.object(rollout, "_STAGES", MappingProxyType({**rollout._STAGES, **changed}))]


def _removing_a_failed_app() -> list[Patch]:
    return _failed_deploy(delete_app=_skip_to("fail"))


def _restoring_the_former_package() -> list[Patch]:
    return _failed_deploy(restore=_skip_to("fail"))


MUTATIONS: Mapping[str, Callable[[], list[Patch]]] = MappingProxyType(
    {
        "the wait after closing": _wait_after_closing,
        "the drain margin": _margin,
        "the second count": _second_count,
        "all counts": _all_counts,
        "unknown is not zero": _unknown_is_not_zero,
        "the count after the export": _count_after_export,
        "the export": _export,
        "begin_retire before deleting": _retire_before_deleting,
        "the generation guard": _generation_guard,
        "the age of snapshots": _snapshots_age,
        "the age from before the read": _age_from_before_the_read,
        "the forward deadline": _forward_deadline,
        "the table read anew": _table_read_anew,
        "the look in the app": _look_in_the_app,
        "the look in the archive": _look_in_the_archive,
        "the pause after a time-out": _pause_after_a_time_out,
        "reopening for a start": _reopening,
        "taking over": _taking_over,
        "the wait of who takes over": _wait_of_who_takes_over,
        "the proof in the table": _proof_in_the_table,
        "the obstacles of begin_drain": _obstacles,
        "the waiting list": _waiting_list,
        "the look before giving up": _look_before_giving_up,
        "the hold of a line": _hold_of_a_line,
        "removing a failed app": _removing_a_failed_app,
        "restoring the former package": _restoring_the_former_package,
        "ensure_monitors": _ensure_monitors,
    }
)
