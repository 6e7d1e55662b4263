"""HTTP functions that need no key."""

import azure.functions as func

from router_app.access import Right
from router_app.http.call import Call, json_response
from router_app.http.openapi.showing import show_api
from router_app.http.operations import Answer, Operation
from router_app.parts import Parts


async def show_health(parts: Parts, call: Call) -> func.HttpResponse:
    """Answer that the router can read what it routes by."""
    applications = await call.hub.read_catalogue()
    return json_response({"status": "healthy", "router": parts.settings.router_id, "applications": len(applications)})


PUBLIC_OPERATIONS = (
    Operation(
        "show_health",
        "GET",
        "health",
        Right.OPEN,
        show_health,
        "Tell whether the router can read what it routes by.",
        answers={200: Answer("It can.", "answers.Health")},
    ),
    Operation(
        "show_api",
        "GET",
        "openapi.json",
        Right.OPEN,
        show_api,
        "Describe this API.",
        answers={200: Answer("The OpenAPI document.", "answers.AnyObject")},
    ),
)
