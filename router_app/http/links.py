"""The check-status object of Durable Functions, with URLs that are the router's own and carry no key."""

from urllib.parse import quote

import azure.functions as func

from router_app.http.call import Call, json_response, origin
from router_app.parts import Parts

SAFE = "~:@+,=-._"


def instance_url(parts: Parts, call: Call, instance_id: str) -> str:
    """Return the URL at which an instance's status is read."""
    return f"{origin(parts, call)}/api/{call.application}/instances/{quote(instance_id, safe=SAFE)}"


def check_status(parts: Parts, call: Call, instance_id: str) -> dict[str, str]:
    """Build the object that Durable Functions answers a start with."""
    url = instance_url(parts, call, instance_id)
    return {
        "id": instance_id,
        "statusQueryGetUri": url,
        "sendEventPostUri": f"{url}/raiseEvent/{{eventName}}",
        "terminatePostUri": f"{url}/terminate?reason={{text}}",
        "rewindPostUri": f"{url}/rewind?reason={{text}}",
        "purgeHistoryDeleteUri": url,
        "restartPostUri": f"{url}/restart",
        "suspendPostUri": f"{url}/suspend?reason={{text}}",
        "resumePostUri": f"{url}/resume?reason={{text}}",
    }


def accepted(parts: Parts, call: Call, instance_id: str, route: str) -> func.HttpResponse:
    """Answer a start; `route` tells how its line was chosen."""
    headers = {
        "Location": instance_url(parts, call, instance_id),
        "Retry-After": "10",
        "X-Durable-Router-Route": route,
    }
    return json_response(check_status(parts, call, instance_id), status=202, headers=headers)
