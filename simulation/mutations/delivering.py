"""Steps of the delivery of a start that waited."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from simulation import app_effects, router_effects
from simulation.mutations.patches import Mutation, Patch
from simulation.router_effects import RouterEffects
from version_registry import starting
from version_registry.changes import Request
from version_registry.model import Line
from version_registry.operations import deploys, starts
from version_registry.sagas import Json


def _table_read_anew() -> list[Patch]:
    return [patch.object(router_effects, "is_moved", lambda *_: "")]


def _generation_of_the_app() -> list[Patch]:
    def is_moved(line: Line | None, args: Json) -> str:
        return usual(replace(line, generation=args["line_generation"]) if line else None, args)

    usual = router_effects.is_moved
    return [patch.object(router_effects, "is_moved", is_moved)]


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


def _waiting_list() -> list[Patch]:
    def keep(line: Line, _: str | None) -> Line:
        return line

    return [patch.object(module, "queue", keep) for module in (deploys, starts)]


def _look_before_giving_up() -> list[Patch]:
    return [patch.object(starting, "_give_up", lambda state, reason, _: starting._fail(state, reason))]


def _deploy_that_a_start_needs() -> list[Patch]:
    def wait(request: Request) -> Any:
        return starts._wait(request, "somebody will deploy it")

    return [patch.object(starts, "_recreate", wait)]


STEPS: Mapping[str, Mutation] = MappingProxyType(
    {
        "the table read anew": _table_read_anew,
        "the generation of the app": _generation_of_the_app,
        "the look in the app": _look_in_the_app,
        "the look in the archive": _look_in_the_archive,
        "the pause after a time-out": _pause_after_a_time_out,
        "the look before giving up": _look_before_giving_up,
        "reopening for a start": _reopening,
        "the deploy that a start needs": _deploy_that_a_start_needs,
        "the waiting list": _waiting_list,
    }
)
