"""The app under load: a chain of three activities, and a fan-out of as many as asked."""

from typing import Any

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Any:
    """Three durable steps, one after the other."""
    value = context.get_input()
    for _ in range(3):
        value = yield context.call_activity("step", value)
    return value


@app.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Any:
    """As many activities at once as the input says."""
    results = yield context.task_all([context.call_activity("step", n) for n in range(context.get_input())])
    return sum(results)


@app.activity_trigger(input_name="value")
def step(value: int) -> int:
    """Add one."""
    return value + 1
