"""The check-status object of Durable Functions, with URLs that are the router's own and carry no key."""

from urllib.parse import quote

import azure.functions as func

from router_app.http.call import Call, json_response, origin
from router_app.http.ids import Instance
from router_app.parts import Parts

SAFE = "~:@+,=-._"


def instance_url(parts: Parts, call: Call, instance: Instance) -> str:
    """Return the URL at which an instance's status is read: by its id alone, or under the line that an id lacks."""
    place = "instances" if instance.is_public else f"v/{instance.line}/runtime/webhooks/durabletask/instances"
    return f"{origin(parts, call)}/api/{call.application}/{place}/{quote(instance.id, safe=SAFE)}"


def check_status(parts: Parts, call: Call, instance: Instance) -> dict[str, str]:
    """Build the object that Durable Functions answers a start with."""
    url = instance_url(parts, call, instance)
    return {
        "id": instance.id,
        "statusQueryGetUri": url,
        "sendEventPostUri": f"{url}/raiseEvent/{{eventName}}",
        "terminatePostUri": f"{url}/terminate?reason={{text}}",
        "rewindPostUri": f"{url}/rewind?reason={{text}}",
        "purgeHistoryDeleteUri": url,
        "restartPostUri": f"{url}/restart",
        "suspendPostUri": f"{url}/suspend?reason={{text}}",
        "resumePostUri": f"{url}/resume?reason={{text}}",
    }


def accepted(parts: Parts, call: Call, instance: Instance, route: str) -> func.HttpResponse:
    """Answer a start; `route` tells how its line was chosen."""
    headers = {
        "Location": instance_url(parts, call, instance),
        "Retry-After": "10",
        "X-Durable-Router-Route": route,
    }
    return json_response(check_status(parts, call, instance), status=202, headers=headers)
