"""The activity of all sagas: it executes the effect that was planned, then has the production planner plan."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from router_app.durable.steps import encode_next
from simulation.nature import Nature
from version_registry import planners
from version_registry.sagas import Json

Done = Callable[[Json], None]


class Effects(Protocol):
    """Whoever executes effects; the outcome comes later."""

    def execute(self, name: str, args: Mapping[str, Any], done: Done) -> None:
        """Execute one."""


class Activity:
    """advance_saga, as router_app/durable/advancing.py has it."""

    __slots__ = ("_effects", "_nature")

    def __init__(self, nature: Nature, effects: Effects) -> None:
        self._nature, self._effects = nature, effects

    def advance(self, request: dict[str, Any], answer: Callable[[Any], None]) -> None:
        """Answer the next step of the saga `{"kind", "state", "outcome" or "effect"}`."""
        effect = request.get("effect")
        if effect is None:
            answer(self._plan(request, request["outcome"]))
            return
        self._effects.execute(effect["name"], effect["args"], lambda outcome: answer(self._plan(request, outcome)))

    def _plan(self, request: dict[str, Any], outcome: Json | None) -> dict[str, Any]:
        planner = planners.PLANNERS[request["kind"]]
        return encode_next(planner(request["state"], outcome, self._nature.moment, self._nature.timings))
