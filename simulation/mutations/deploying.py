"""Steps of a deploy, and of its way back."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from simulation import app_effects
from simulation.mutations.patches import Mutation, Patch, skip_to
from version_registry import rollout, rollout_failure
from version_registry.changes import Request
from version_registry.operations import deploys
from version_registry.releases import find_release
from version_registry.sagas import Json
from version_registry.stages import Stage, go_to


def _hold_of_a_line() -> list[Patch]:
    def take_it_anyway(request: Request) -> Any:
        release = find_release(request.subject, request.args["version"])
        assert release is not None
        return deploys._hold_for_deploy(request, release)

    return [patch.object(deploys, "_refuse_busy", take_it_anyway)]


def _stages(**changed: Stage) -> list[Patch]:
    return [patch.object(rollout, "_STAGES", MappingProxyType({**rollout._STAGES, **changed}))]


def _removing_a_failed_app() -> list[Patch]:
    return _stages(delete_app=skip_to("fail"))


def _restoring_the_former_package() -> list[Patch]:
    return _stages(restore=skip_to("fail"))


def _gate() -> list[Patch]:
    return _stages(check_health=skip_to("activate"))


def _stopping_without_the_hold() -> list[Patch]:
    def go_on(state: Json, outcome: Json) -> Json:
        return go_to(state, state["after_report"]) if state["step"] == "report" else usual(state, outcome)

    usual = rollout_failure.lose_hold
    return [patch.object(rollout, "lose_hold", go_on)]


def _letting_a_publish_end() -> list[Patch]:
    return [patch.object(app_effects, "find_publish", lambda _: None)]


STEPS: Mapping[str, Mutation] = MappingProxyType(
    {
        "the hold of a line": _hold_of_a_line,
        "stopping without the hold": _stopping_without_the_hold,
        "the gate": _gate,
        "letting a publish end": _letting_a_publish_end,
        "removing a failed app": _removing_a_failed_app,
        "restoring the former package": _restoring_the_former_package,
    }
)
