"""How a planner is made of stages: each issues one step and reads its outcome.

State is a JSON object; its `step` names the stage.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from version_registry.model import Timings
from version_registry.sagas import Effect, Finish, Json, Next, Renew, Sleep, Step, WaitFor

LINE_FREE = "line_free"
"""The one event that sagas wake each other with: something about a line has changed, ask again."""
ASK_AGAIN_SECONDS = 60.0
"""Wake-ups may be lost, so whoever waits also looks by itself."""
TURNS_PER_HISTORY = 100
"""After so many outcomes a saga continues as new, or a long wait would grow a long history."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a stage may know besides the state."""

    now: datetime
    timings: Timings


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a saga: how it is issued, and what state its outcome leads to."""

    issue: Callable[[Json, Moment], Step]
    read: Callable[[Json, Json, Moment], Json]
    progress: str = ""
    """For people who watch; names in braces are taken from the state."""


Stages = Mapping[str, Stage]


def drive(stages: Stages, state: Json, outcome: Json | None, moment: Moment) -> Next:
    """Read the outcome in the stage that asked for it, then issue the stage that follows."""
    if outcome is not None:
        state = stages[state["step"]].read(state, outcome, moment)
        state = {**state, "turns": state.get("turns", 0) + 1}
    stage = stages[state["step"]]
    step, progress = stage.issue(state, moment), stage.progress.format_map(state)
    if state.get("turns", 0) >= TURNS_PER_HISTORY and not isinstance(step, Finish):
        return Next(Renew(), {**state, "turns": 0}, progress)
    return Next(step, state, progress)


@dataclass(frozen=True, slots=True)
class Done:
    """An effect is done."""

    values: Json


@dataclass(frozen=True, slots=True)
class Later:
    """An effect is under way, or did not work now: ask again."""

    reason: str
    seconds: float
    resume: Json
    crashed: bool = False
    """The app's host says that it cannot load the app."""
    code: str = ""
    """The stable word for the reason, if it has one."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An effect will never work, however often it is tried."""

    code: str
    reason: str


def read_effect(outcome: Json) -> Done | Later | Broken:
    """Understand an effect's outcome."""
    if "ok" in outcome:
        return Done(outcome["ok"])
    if "failed" in outcome:
        return Broken(outcome["failed"]["code"], outcome["failed"]["reason"])
    if "pending" in outcome:
        resume = outcome["pending"]
        return Later(resume.get("doing", ""), outcome["retry_after"], resume)
    again = outcome["retry"]
    return Later(again["reason"], again["retry_after"], {}, again.get("crashed", False), again.get("code", ""))


def go_to(state: Json, step: str, **fields: Any) -> Json:
    """Move to another stage, with what was learnt."""
    return {**state, **fields, "step": step}


def pause(state: Json, seconds: float, then: str) -> Json:
    """Sleep, then go to a stage. Needs the stage `pause`."""
    return go_to(state, "pause", seconds=seconds, then=then)


def finish(state: Json, *, failed: bool = False, **output: Any) -> Json:
    """End with an output. Needs the stage `done`."""
    return go_to(state, "done", output=output, failed=failed)


def wake_then_finish(state: Json, ids: list[str], *, failed: bool = False, **output: Any) -> Json:
    """Wake those who wait, then end. Needs the stages `wake` and `done`."""
    ending = finish(state, failed=failed, **output)
    return go_to(ending, "wake", wakes=ids) if ids else ending


def back_off(tries: int, *, first: float, most: float) -> float:
    """Double the wait with each try, up to a bound. `tries` counts from 1."""
    return float(min(most, first * 2 ** min(tries - 1, 30)))


PAUSE = Stage(lambda state, _: Sleep(state["seconds"]), lambda state, *_: go_to(state, state["then"]))
WAKE = Stage(
    lambda state, _: Effect("wake", {"ids": state["wakes"], "event": LINE_FREE}),
    # Whether anybody listened does not matter: a wake-up is a courtesy.
    lambda state, *_: go_to(state, "done"),
    "waking those who wait",
)
DONE = Stage(lambda state, _: Finish(state["output"], state["failed"]), lambda state, *_: state)


def wait_for_line(then: str, progress: str) -> Stage:
    """Make a stage that waits until the line may be free, then goes to another."""
    return Stage(lambda *_: WaitFor(LINE_FREE, ASK_AGAIN_SECONDS), lambda state, *_: go_to(state, then), progress)
