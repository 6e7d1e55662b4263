"""The durable functions of the router: triggers only."""

import azure.durable_functions as df
import azure.functions as func

from router_app.durable import names
from router_app.durable.advancing import advance, keep_up
from router_app.durable.client import Hub, utc_now
from router_app.durable.driving import Saga, change_table_once, drive_saga
from router_app.durable.entities import change_catalogue, change_routing_table
from router_app.housekeeping.rounds import keep_house
from router_app.parts import Parts


def durable_functions(parts: Parts) -> df.Blueprint:
    """Declare them."""
    blueprint = df.Blueprint()
    _declare_orchestrators(blueprint)
    _declare_entities(blueprint)
    _declare_activity(blueprint, parts)
    _declare_timers(blueprint, parts)
    return blueprint


def _declare_orchestrators(blueprint: df.Blueprint) -> None:
    @blueprint.function_name(names.RUN_SAGA)
    @blueprint.orchestration_trigger(context_name="context")
    def run_saga(context: df.DurableOrchestrationContext) -> Saga:
        return (yield from drive_saga(context))

    @blueprint.function_name(names.CHANGE_TABLE)
    @blueprint.orchestration_trigger(context_name="context")
    def change_table(context: df.DurableOrchestrationContext) -> Saga:
        return (yield from change_table_once(context))


def _declare_entities(blueprint: df.Blueprint) -> None:
    @blueprint.function_name(names.ROUTING_TABLE)
    @blueprint.entity_trigger(context_name="context")
    def routing_table(context: df.DurableEntityContext) -> None:
        change_routing_table(context, utc_now)

    @blueprint.function_name(names.CATALOGUE)
    @blueprint.entity_trigger(context_name="context")
    def catalogue(context: df.DurableEntityContext) -> None:
        change_catalogue(context)


def _declare_activity(blueprint: df.Blueprint, parts: Parts) -> None:
    @blueprint.function_name(names.ADVANCE_SAGA)
    @blueprint.activity_trigger(input_name="request")
    @blueprint.durable_client_input(client_name="client")
    # Bare `dict`: the worker refuses generic types in a trigger's signature.
    async def advance_saga(request: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg]
        return await advance(parts, Hub(client), request)


def _declare_timers(blueprint: df.Blueprint, parts: Parts) -> None:
    @blueprint.function_name(names.ENSURE_MONITORS)
    @blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=True, use_monitor=False)
    @blueprint.durable_client_input(client_name="client")
    async def ensure_monitors(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001
        await keep_up(parts, Hub(client))

    @blueprint.function_name(names.KEEP_HOUSE)
    @blueprint.timer_trigger(arg_name="timer", schedule="30 */5 * * * *", use_monitor=False)
    @blueprint.durable_client_input(client_name="client")
    async def keep_house_regularly(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001
        await keep_house(parts, Hub(client))
