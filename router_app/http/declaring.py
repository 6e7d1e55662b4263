"""How HTTP functions are declared: the trigger decodes, calls and encodes; logic stands elsewhere."""

from collections.abc import Iterable

import azure.durable_functions as df
import azure.functions as func

from router_app.http.body_limits import bounded
from router_app.http.call import answer
from router_app.http.operations import Operation
from router_app.parts import Parts


def declare(parts: Parts, operations: Iterable[Operation]) -> df.Blueprint:
    """Declare a function for each operation."""
    # The host lets everybody through: the router's roles have keys of their own.
    blueprint = df.Blueprint(http_auth_level=func.AuthLevel.ANONYMOUS)
    for operation in operations:
        _declare(blueprint, parts, operation)
    return blueprint


def _declare(blueprint: df.Blueprint, parts: Parts, operation: Operation) -> None:
    right, answerer = operation.right, bounded(operation)

    @blueprint.function_name(operation.name)
    @blueprint.route(route=operation.route, methods=list(operation.verbs))
    @blueprint.durable_client_input(client_name="client")
    async def trigger(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        return await answer(parts, right, req, client, answerer)
