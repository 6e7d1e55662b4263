"""The order in which the steps of a saga are done, as a generator that knows neither planners nor the SDK.

It yields what it asks for and is sent the answers, so whoever can answer can drive it: the orchestrator in Azure
(driving.py), and a simulation in virtual time. As it decides nothing, a replay asks for the same in the same order.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any


class SagaError(Exception):
    """A saga ended without reaching its goal; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Advance:
    """Have the activity execute the effect, if the request has one, and plan. Answer: the encoded next step."""

    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operate:
    """Have the application's table changed. Answer: the operation's outcome."""

    application: str
    operation: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rest:
    """Wait on a durable timer. The answer does not matter."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for an event, or at most so long. Answer: whether the event came."""

    event: str
    at_most_seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Let people who watch know. It is answered at once, with nothing."""

    progress: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """The saga ends only to begin anew with this input."""

    saga: dict[str, Any]


Ask = Advance | Operate | Rest | Listen | Tell
Turns = Generator[Ask, Any, Any]


def take_turns(saga: Mapping[str, Any]) -> Turns:
    """Drive the saga `{"kind", "state"}` until it finishes or renews; return its output, or the Renewal."""
    kind = saga["kind"]
    following = yield Advance({"kind": kind, "state": saga["state"], "outcome": None})
    while True:
        step, state = following["step"], following["state"]
        if following["progress"]:
            yield Tell(following["progress"])
        if step["do"] == "finish":
            return _finish(step)
        if step["do"] == "renew":
            return Renewal({"kind": kind, "state": state})
        doing = yield from _do(step, state)
        following = yield Advance({"kind": kind, "state": state, **doing})


def _finish(step: Mapping[str, Any]) -> Any:
    if step["failed"]:
        raise SagaError(step["output"].get("message", "The saga failed without a message."))
    return step["output"]


def _do(step: Mapping[str, Any], state: Mapping[str, Any]) -> Turns:
    """Do a step that has an outcome; an effect is left to the activity that also plans what follows it."""
    match step["do"]:
        case "effect":
            return {"effect": {"name": step["name"], "args": step["args"]}}
        case "table":
            outcome = yield Operate(state["application"], step["operation"], step["args"])
            return {"outcome": outcome}
        case "sleep":
            yield Rest(step["seconds"])
            return {"outcome": {}}
        case "wait":
            woken = yield Listen(step["event"], step["seconds"])
            return {"outcome": {"woken": woken}}
        case unknown:
            raise SagaError(
                f"This router does not know the step {unknown!r}: it is older than the one that planned it."
            )
