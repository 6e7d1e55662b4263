"""The one orchestrator of all sagas, as a plain generator: it does what each step says and knows no saga.

No decision is made here: planners decide, in the activity `advance_saga`, so that history holds every decision as data
and a new release of the router replays an old saga unchanged.
"""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

from router_app.durable.names import ADVANCE_SAGA, table_entity

Saga = Generator[Any, Any, Any]

HOST_FAULTS = RetryOptions(first_retry_interval_in_milliseconds=10_000, max_number_of_attempts=6)
"""For a host or worker that dies, and for faults in our own code; expected errors of effects are outcomes."""


class SagaError(Exception):
    """A saga ended without reaching its goal; the message says why and what to do."""


def drive_saga(context: DurableOrchestrationContext) -> Saga:
    """Drive the saga `{"kind", "state"}` of the input until it finishes or renews."""
    saga = context.get_input()
    kind = saga["kind"]
    following = yield _advance(context, {"kind": kind, "state": saga["state"], "outcome": None})
    while True:
        step, state = following["step"], following["state"]
        if following["progress"]:
            context.set_custom_status({"progress": following["progress"]})
        if step["do"] == "finish":
            return _finish(step)
        if step["do"] == "renew":
            context.continue_as_new({"kind": kind, "state": state})
            return None
        doing = yield from _do(context, step, state)
        following = yield _advance(context, {"kind": kind, "state": state, **doing})


def _advance(context: DurableOrchestrationContext, request: dict[str, Any]) -> Any:
    return context.call_activity_with_retry(ADVANCE_SAGA, HOST_FAULTS, request)


def _finish(step: dict[str, Any]) -> Any:
    if step["failed"]:
        raise SagaError(step["output"].get("message", "The saga failed without a message."))
    return step["output"]


def _do(context: DurableOrchestrationContext, step: dict[str, Any], state: dict[str, Any]) -> Saga:
    """Do a step that has an outcome; an effect is left to the activity that also plans what follows it."""
    match step["do"]:
        case "effect":
            return {"effect": {"name": step["name"], "args": step["args"]}}
        case "table":
            entity = table_entity(state["application"])
            outcome = yield context.call_entity(entity, step["operation"], step["args"])
            return {"outcome": outcome}
        case "sleep":
            yield context.create_timer(context.current_utc_datetime + timedelta(seconds=step["seconds"]))
            return {"outcome": {}}
        case "wait":
            woken = yield from _wait(context, step["event"], step["seconds"])
            return {"outcome": {"woken": woken}}
        case unknown:
            raise SagaError(
                f"This router does not know the step {unknown!r}: it is older than the one that planned it."
            )


def _wait(context: DurableOrchestrationContext, event: str, seconds: float) -> Saga:
    woken = context.wait_for_external_event(event)
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))
    first = yield context.task_any([woken, timer])
    if first == timer:
        return False
    # An orchestration does not complete while a timer is open.
    timer.cancel()
    return True


def change_table_once(context: DurableOrchestrationContext) -> Saga:
    """Apply `{"application", "operation", "args"}` to the routing table and return the outcome."""
    change = context.get_input()
    outcome = yield context.call_entity(table_entity(change["application"]), change["operation"], change["args"])
    return outcome
