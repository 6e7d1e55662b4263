"""Fan-out, fan-in: many activities side by side, then one result; those that may fail are tried again."""

from typing import Any

import azure.durable_functions as df

blueprint = df.Blueprint()

# Every sixth of a second, three times.
RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=160, max_number_of_attempts=3)


@blueprint.orchestration_trigger(context_name="context")
def count_words(context: df.DurableOrchestrationContext) -> Any:
    """Count the words of many pages."""
    pages = context.get_input()
    counts = yield context.task_all([context.call_activity_with_retry("count_page", RETRIES, page) for page in pages])
    return {"pages": len(pages), "words": sum(counts)}


@blueprint.activity_trigger(input_name="page")
def count_page(page: str) -> int:
    """Count the words of one page."""
    return len(page.split())
