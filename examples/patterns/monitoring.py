"""Monitor: look again and again until something is so, or the time is over."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def watch_counter(context: df.DurableOrchestrationContext) -> Any:
    """Wait until a counter has reached a value."""
    wanted = context.get_input()
    expiry = context.current_utc_datetime + timedelta(seconds=wanted["for_seconds"])
    looks = 0
    while context.current_utc_datetime < expiry:
        looks += 1
        value = yield context.call_activity("read_counter", wanted["counter"])
        if value >= wanted["at_least"]:
            return {"reached": value}
        context.set_custom_status({"looks": looks, "value": value})
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wanted["every_seconds"]))
    return {"gave_up_after_looks": looks}


@blueprint.activity_trigger(input_name="key")
@blueprint.durable_client_input(client_name="client")
async def read_counter(key: str, client: df.DurableOrchestrationClient) -> int:
    """Read an entity's state; nobody has to be idle for that."""
    found = await client.read_entity_state(df.EntityId("counter", key))
    return found.entity_state if found.entity_exists else 0
