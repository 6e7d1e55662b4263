"""How an HTTP function is declared: the trigger decodes, calls and encodes; logic stands elsewhere."""

import azure.durable_functions as df
import azure.functions as func

from router_app.http.call import Answerer, answer
from router_app.parts import Parts


class Declarer:
    """Declares functions that all ask for the same right."""

    def __init__(self, parts: Parts, action: str | None) -> None:
        # The host lets everybody through: the router's roles have keys of their own.
        self.blueprint = df.Blueprint(http_auth_level=func.AuthLevel.ANONYMOUS)
        self._parts = parts
        self._action = action

    def add(self, name: str, methods: str | tuple[str, ...], route: str, answerer: Answerer) -> None:
        """Declare the function `name` at its methods and route."""
        parts, action = self._parts, self._action
        accepted = [methods] if isinstance(methods, str) else list(methods)

        @self.blueprint.function_name(name)
        @self.blueprint.route(route=route, methods=accepted)
        @self.blueprint.durable_client_input(client_name="client")
        async def trigger(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
            return await answer(parts, action, req, client, answerer)
