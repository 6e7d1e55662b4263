"""Aggregator: an entity gathers what comes in from anywhere, one operation at a time."""

from typing import Any

import azure.durable_functions as df
import azure.functions as func

blueprint = df.Blueprint()


@blueprint.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    """Hold a number: `add`, `get`, `reset`."""
    value = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            value += context.get_input()
        case "reset":
            value = 0
    context.set_state(value)
    context.set_result(value)


@blueprint.route("counters/{key}", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def add_to_counter(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Signal: nobody waits for the entity."""
    await client.signal_entity(df.EntityId("counter", req.route_params["key"]), "add", req.get_json())
    return func.HttpResponse(status_code=202)


@blueprint.orchestration_trigger(context_name="context")
def transfer(context: df.DurableOrchestrationContext) -> Any:
    """Call entities and wait for what they answer."""
    order = context.get_input()
    source, target = df.EntityId("counter", order["from"]), df.EntityId("counter", order["to"])
    available = yield context.call_entity(source, "get")
    if available < order["amount"]:
        return {"moved": 0, "left": available}
    left = yield context.call_entity(source, "add", -order["amount"])
    yield context.call_entity(target, "add", order["amount"])
    return {"moved": order["amount"], "left": left}
