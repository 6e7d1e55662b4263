"""Human interaction: wait for somebody's decision, but not for ever."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def ask_for_approval(context: df.DurableOrchestrationContext) -> Any:
    """Ask; whoever decides raises the event `decision` with true or false."""
    question = context.get_input()
    asked = yield context.call_activity("send_question", question["to"])
    context.set_custom_status(asked)
    limit = context.create_timer(context.current_utc_datetime + timedelta(seconds=question["within_seconds"]))
    decision = context.wait_for_external_event("decision")
    if (yield context.task_any([decision, limit])) is limit:
        return (yield context.call_activity("escalate", question["to"]))
    limit.cancel()  # an orchestration does not end before its timers
    return "approved" if decision.result else "refused"


@blueprint.activity_trigger(input_name="person")
def send_question(person: str) -> str:
    """Pretend to send a message."""
    return f"waiting for {person}"


@blueprint.activity_trigger(input_name="person")
def escalate(person: str) -> str:
    """Pretend to tell somebody else."""
    return f"escalated: no answer from {person}"
