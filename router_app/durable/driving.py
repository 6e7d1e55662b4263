"""The one orchestrator of all sagas, as a plain generator: it has the SDK do what the turns of a saga ask for.

No decision is made here: planners decide, in the activity `advance_saga`, so that history holds every decision as data
and a new release of the router replays an old saga unchanged.
"""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, assert_never

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

from router_app.durable.names import ADVANCE_SAGA, table_entity
from router_app.durable.turns import Advance, Ask, Listen, Operate, Renewal, Rest, SagaError, Tell, take_turns

__all__ = ["HOST_FAULTS", "Saga", "SagaError", "change_table_once", "drive_saga"]

Saga = Generator[Any, Any, Any]

HOST_FAULTS = RetryOptions(first_retry_interval_in_milliseconds=10_000, max_number_of_attempts=6)
"""For a host or worker that dies, and for faults in our own code; expected errors of effects are outcomes."""


def drive_saga(context: DurableOrchestrationContext) -> Saga:
    """Drive the saga `{"kind", "state"}` of the input until it finishes or renews."""
    turns = take_turns(context.get_input())
    answer = None
    while True:
        try:
            ask = turns.send(answer)
        except StopIteration as end:
            return _end(context, end.value)
        answer = yield from _answer(context, ask)


def _end(context: DurableOrchestrationContext, result: Any) -> Any:
    if not isinstance(result, Renewal):
        return result
    context.continue_as_new(result.saga)
    return None


def _answer(context: DurableOrchestrationContext, ask: Ask) -> Saga:
    match ask:
        case Advance(request):
            return (yield context.call_activity_with_retry(ADVANCE_SAGA, HOST_FAULTS, request))
        case Operate(application, operation, args):
            return (yield context.call_entity(table_entity(application), operation, args))
        case Rest(seconds):
            return (yield context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds)))
        case Listen(event, at_most_seconds):
            return (yield from _wait(context, event, at_most_seconds))
        case Tell(progress):
            context.set_custom_status({"progress": progress})
            return None
        case _:
            assert_never(ask)


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
