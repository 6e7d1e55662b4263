"""The documented patterns of Durable Functions, one blueprint each, and the HTTP functions that start any of them."""

from typing import Any

import aggregating
import azure.durable_functions as df
import azure.functions as func
import chaining
import deciding
import fanning_out
import monitoring
import repeating
import splitting

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for part in (aggregating, chaining, deciding, fanning_out, monitoring, repeating, splitting):
    app.register_functions(part.blueprint)


def input_of(req: func.HttpRequest) -> Any:
    """Return the request's JSON, if it has any."""
    return req.get_json() if req.get_body() else None


@app.route("start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Async HTTP API: answer at once where the outcome can be asked for."""
    instance_id = await client.start_new(req.route_params["name"], None, input_of(req))
    return client.create_check_status_response(req, instance_id)


@app.route("run/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def run(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Answer with the outcome if it is there within ten seconds, else as `start` does."""
    instance_id = await client.start_new(req.route_params["name"], None, input_of(req))
    return await client.wait_for_completion_or_create_check_status_response(req, instance_id, 10_000, 100)
