"""Reads what the 1.x SDK answers for one orchestrator turn, also where the answer rides on an exception."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_azure.functions_host.durable import codec
from local_azure.functions_host.durable.wire import MalformedAnswerError
from local_azure.functions_host.ports import InvocationResult, UserError

OUT_OF_PROC_LABEL = "\n\n$OutOfProcData$:"

Action = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The orchestrator's state: every action since its start, and whether it is done."""

    actions: tuple[Action, ...] = ()
    is_done: bool = False
    output: str | None = None
    """JSON text."""
    error: str | None = None
    custom_status: str | None = None
    """JSON text; None when the orchestrator set none."""


def read_answer(result: InvocationResult) -> Answer:
    """Read an invocation's result; an exception without the SDK's data is a plain failure."""
    if result.error is not None:
        return _read_failure(result.error)
    if result.value is None:
        raise MalformedAnswerError("the orchestrator function returned nothing")
    return _parse_state(result.value)


def count_actions(actions: Iterable[Action]) -> int:
    """Count actions, those inside groups too."""
    return sum(count_actions(action.get("compoundActions", ())) or 1 for action in actions)


def _read_failure(error: UserError) -> Answer:
    text, label, state = error.message.rpartition(OUT_OF_PROC_LABEL)
    if not label:
        return Answer(error=f"{error.type}: {error.message}")
    try:
        answer = _parse_state(state)
    except MalformedAnswerError:
        return Answer(error=text)
    return (
        answer if answer.error is not None else Answer(answer.actions, error=text, custom_status=answer.custom_status)
    )


def _parse_state(text: str) -> Answer:
    try:
        state = codec.loads_exactly(text)
    except ValueError as error:
        raise MalformedAnswerError(f"the orchestrator function's answer is not JSON: {error}") from error
    if not isinstance(state, dict) or not isinstance(state.get("actions"), list):
        raise MalformedAnswerError("the orchestrator function's answer has no actions; is it a durable orchestrator?")
    return Answer(
        actions=tuple(action for group in state["actions"] for action in group),
        is_done=bool(state.get("isDone")),
        output=_json_text(state.get("output")),
        error=None if state.get("error") is None else str(state["error"]),
        custom_status=_json_text(state.get("customStatus")),
    )


def _json_text(value: Any) -> str | None:
    # Not orjson: an integer beyond 64 bits is valid output.
    return None if value is None else json.dumps(value, separators=(",", ":"))
