"""The router's task hub: sagas as orchestrations that are replayed, timers that fire late, events that get lost.

The turns of a saga are the production generator, kept with all it was answered, so that a saga whose process dies goes
on from its history exactly as Durable has it: by replay.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from router_app.durable.turns import (
    Advance,
    Ask,
    Listen,
    Operate,
    Renewal,
    Rest,
    SagaError,
    Tell,
    Turns,
    take_turns,
)
from simulation.faults import LONGEST_INVISIBLE, LONGEST_REDELIVERY, SLACK
from simulation.nature import Nature
from simulation.table import TableEntity

LATEST_TIMER = 20.0
Advancer = Callable[[dict[str, Any], Callable[[Any], None]], None]
"""Runs the activity advance_saga: is given its request, and calls back with the encoded next step."""


class Saga:
    """One orchestration."""

    __slots__ = (
        "alive",
        "answers",
        "asks",
        "ended_at",
        "found_from",
        "id",
        "inbox",
        "input",
        "kind",
        "listening",
        "output",
        "status",
        "ticket",
        "turns",
    )

    def __init__(self, saga_id: str, input_: dict[str, Any]) -> None:
        self.id = saga_id
        self.kind: str = input_["kind"]
        self.status = "Running"
        self.alive = True
        """Whether it may still do something."""
        self.ended_at = 0.0
        self.found_from = 0.0
        """Since when whoever looks for it finds it."""
        self.output: Any = None
        self.ticket = 0
        """Numbers the asks, so that an answer to an earlier one is told from the one that is awaited."""
        self.listening: str | None = None
        self.begin(input_)

    def begin(self, input_: dict[str, Any]) -> None:
        """Start an execution with an empty history. Events that nobody listened for are lost, as in the SDK."""
        self.input = input_
        self.turns: Turns = take_turns(input_)
        self.asks: list[Ask] = []
        self.answers: list[Any] = []
        self.inbox: list[str] = []


class Hub:
    """All sagas of a router."""

    __slots__ = ("_lost", "_nature", "_table", "advance", "on_rest", "sagas")

    def __init__(self, nature: Nature, table: TableEntity) -> None:
        self._nature = nature
        self._table = table
        self.sagas: dict[str, Saga] = {}
        self._lost: list[tuple[float, Saga, int, dict[str, Any]]] = []
        """Activities of dead workers, each with the time from which another may be given it."""
        self.advance: Advancer
        self.on_rest: Callable[[], None] = lambda: None
        """Is told when a saga begins to wait for an event."""

    def start(self, saga_id: str, saga: dict[str, Any], *, again: bool = False) -> bool:
        """Start a saga unless it was started before, or, with `again`, unless it lives; tell whether it was."""
        existing = self.sagas.get(saga_id)
        if existing is not None and (existing.alive or not again):
            return False
        started = self.sagas[saga_id] = Saga(saga_id, _through_json(saga) if self._nature.by_json else saga)
        if self._nature.befalls("hub_slow"):
            started.found_from = self._nature.now + LONGEST_INVISIBLE * self._nature.draw.random()
        if self._nature.trace.on:
            self._nature.trace.tell(saga_id, "is started")
        self._nature.after(self._nature.message_time(), self._take_turn, started, None)
        return True

    def kill(self, saga_id: str) -> None:
        """End a saga from outside; what it asked for last may still be done."""
        saga = self.sagas[saga_id]
        saga.status, saga.alive = "Terminated", False
        self._nature.reached["a saga is killed"] += 1
        self._nature.reached[f"{saga.kind} is killed"] += 1
        if self._nature.trace.on:
            self._nature.trace.tell(saga_id, "IS KILLED")

    @property
    def has_stragglers(self) -> bool:
        """Tell whether somebody who is taken for dead may still do something."""
        reached = self._nature.reached
        return any(reached[what] for what in ("activity_lost", "result_lost", "a saga is killed"))

    def wake(self, saga_id: str, event: str) -> None:
        """Raise an event, which may get lost or come twice."""
        nature = self._nature
        if nature.befalls("wake_lost"):
            return
        nature.after(nature.message_time(), self._deliver, saga_id, event)
        if nature.befalls("wake_repeated"):
            nature.after(nature.message_time() + LATEST_TIMER * nature.draw.random(), self._deliver, saga_id, event)

    def _deliver(self, saga_id: str, event: str) -> None:
        saga = self.sagas.get(saga_id)
        if saga is None or not saga.alive:
            return
        if saga.listening == event:
            self._answer(saga, saga.ticket, True)
        else:
            saga.inbox.append(event)

    def _answer(self, saga: Saga, ticket: int, value: Any) -> None:
        if saga.ticket != ticket or not saga.alive:
            return
        # Whatever else answers this ask, such as an activity that was done twice, comes too late.
        saga.ticket += 1
        saga.listening = None
        if self._nature.befalls("replay"):
            self._replay(saga)
        if self._nature.by_json:
            value = _through_json(value)
        saga.answers.append(value)
        self._take_turn(saga, value)

    def _take_turn(self, saga: Saga, answer: Any) -> None:
        if not saga.alive:
            return
        try:
            ask = _next_ask(saga.turns, answer)
        except StopIteration as end:
            self._end(saga, end.value)
        except SagaError as error:
            self._finish(saga, "Failed", str(error))
        else:
            saga.ticket += 1
            saga.asks.append(ask)
            self._do(saga, ask, saga.ticket)

    def _replay(self, saga: Saga) -> None:
        """Build the saga up again from its history; it must ask for the same things in the same order."""
        saga.turns = take_turns(saga.input)
        answer = None
        for known, following in zip(saga.asks, [*saga.answers, None], strict=True):
            assert _next_ask(saga.turns, answer) == known, f"{saga.id} does not replay"
            answer = following

    def _end(self, saga: Saga, result: Any) -> None:
        if not isinstance(result, Renewal):
            self._finish(saga, "Completed", result)
            return
        saga.begin(_through_json(result.saga) if self._nature.by_json else result.saga)
        self._nature.after(self._nature.message_time(), self._take_turn, saga, None)

    def _finish(self, saga: Saga, status: str, output: Any) -> None:
        saga.status, saga.output, saga.ended_at, saga.alive = status, output, self._nature.now, False
        if self._nature.trace.on:
            self._nature.trace.tell(saga.id, f"{status}: {_short(output)}")

    def _do(self, saga: Saga, ask: Ask, ticket: int) -> None:
        # Not by match, which takes longer: this is where a run spends its time.
        if isinstance(ask, Advance):
            self._dispatch(saga, ticket, ask.request)
        elif isinstance(ask, Operate):
            self._table.ask(ask.operation, ask.args, partial(self._answer, saga, ticket))
        elif isinstance(ask, Rest):
            self._nature.after(ask.seconds + self._lateness(), self._answer, saga, ticket, None)
        else:
            assert isinstance(ask, Listen), "a saga tells between asks only"
            self._listen(saga, ticket, ask.event, ask.at_most_seconds)

    def _listen(self, saga: Saga, ticket: int, event: str, seconds: float) -> None:
        if event in saga.inbox:
            saga.inbox.remove(event)
            self._nature.after(0.0, self._answer, saga, ticket, True)
            return
        saga.listening = event
        self._nature.after(seconds + self._lateness(), self._answer, saga, ticket, False)
        self.on_rest()

    def _lateness(self) -> float:
        late = self._nature.befalls("timer_late")
        return LATEST_TIMER * self._nature.draw.random() if late else 0.01

    def _dispatch(self, saga: Saga, ticket: int, request: dict[str, Any]) -> None:
        """Give the activity to a worker; when that one dies, another gets it later."""
        nature = self._nature
        if saga.ticket != ticket or (not saga.alive and _effect_of(request) != "ensure_app"):
            # Of a killed saga most activities are not begun any more; see docs/simulation.md on what is assumed.
            return
        if self._worker_dies(request):
            if nature.trace.on:
                nature.trace.tell(saga.id, f"its activity {_effect_of(request)} is lost, and given out again later")
            self._give_out_again(saga, ticket, request)
            if nature.draw.random() < 0.5:
                return
            # The dead worker had begun: what it sent out still takes effect.
            nature.after(nature.message_time(), self.advance, request, _nobody_listens)
            return
        nature.after(
            nature.message_time(), self.advance, request, lambda step: self._record(saga, ticket, request, step)
        )

    def _worker_dies(self, request: dict[str, Any]) -> bool:
        if self._nature.befalls("activity_lost"):
            return True
        return _effect_of(request) == "forward_start" and self._nature.befalls("delivery_lost")

    def _give_out_again(self, saga: Saga, ticket: int, request: dict[str, Any]) -> None:
        """Give a dead worker's activity to another, some time later."""
        nature = self._nature
        earliest = 0.0
        if _effect_of(request) == "forward_start":
            # Assumed: not before what the dead worker sent has arrived and can be seen. See docs/simulation.md.
            earliest = (nature.timings.forward_deadline + nature.timings.visibility_delay).total_seconds() + SLACK
        self._lost.append((nature.now + earliest, saga, ticket, request))
        late = LONGEST_REDELIVERY * nature.draw.random() ** 2
        nature.after(earliest + late, self._dispatch, saga, ticket, request)

    def give_out_lost(self) -> None:
        """Give out now what may be given out again: called when that hurts most."""
        due = [lost for lost in self._lost if lost[0] <= self._nature.now]
        self._lost = [lost for lost in self._lost if lost[0] > self._nature.now]
        for _, saga, ticket, request in due:
            self._dispatch(saga, ticket, request)

    def _record(self, saga: Saga, ticket: int, request: dict[str, Any], step: Any) -> None:
        nature = self._nature
        if nature.befalls("result_lost"):
            if nature.trace.on:
                nature.trace.tell(saga.id, f"the result of {_effect_of(request)} is lost: it is done again")
            self._give_out_again(saga, ticket, request)
            return
        nature.after(nature.message_time(), self._answer, saga, ticket, step)


def _next_ask(turns: Turns, answer: Any) -> Ask:
    ask = turns.send(answer)
    while type(ask) is Tell:
        ask = turns.send(None)
    return ask


def _nobody_listens(_: Any) -> None:
    """The worker that would have answered is dead."""


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _effect_of(request: Mapping[str, Any]) -> str:
    effect = request.get("effect")
    return effect["name"] if effect else "plan"


def _short(output: Any) -> str:
    if not isinstance(output, Mapping):
        return str(output)[:160]
    return ", ".join(f"{name}={value}" for name, value in output.items() if name not in ("receipt", "app"))[:160]
