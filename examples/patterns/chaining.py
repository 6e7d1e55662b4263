"""Function chaining: each step takes what the one before gave."""

from typing import Any

import azure.durable_functions as df

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def publish_text(context: df.DurableOrchestrationContext) -> Any:
    """Trim a text, give it a capital letter, sign it."""
    trimmed = yield context.call_activity("trim", context.get_input())
    capitalized = yield context.call_activity("capitalize", trimmed)
    return (yield context.call_activity("sign", capitalized))


@blueprint.activity_trigger(input_name="text")
def trim(text: str) -> str:
    """Drop the space around a text."""
    return text.strip()


@blueprint.activity_trigger(input_name="text")
def capitalize(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]


@blueprint.activity_trigger(input_name="text")
def sign(text: str) -> str:
    """Say who wrote it."""
    return f"{text} (the editors)"
