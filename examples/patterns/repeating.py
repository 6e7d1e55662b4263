"""Eternal orchestration: the same again for ever, without a history that grows for ever."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def clean_up_regularly(context: df.DurableOrchestrationContext) -> Any:
    """Clean up, wait, start over; it ends when somebody terminates it."""
    plan = context.get_input()
    removed = yield context.call_activity("clean_up", plan["round"])
    context.set_custom_status({"round": plan["round"], "removed": removed})
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=plan["every_seconds"]))
    context.continue_as_new({**plan, "round": plan["round"] + 1})


@blueprint.activity_trigger(input_name="number")
def clean_up(number: int) -> int:
    """Pretend to remove things."""
    return 2 * number
