"""Restart of an instance, so that the new one has a public id."""

import json
from urllib.parse import quote
from uuid import uuid4

from provisioning import AppAnswer
from router_app.http.call import Call
from router_app.http.ids import Instance
from router_app.http.instance_status import asks
from router_app.parts import Parts
from version_registry.identifiers import make_public_id
from version_registry.model import VersionApp


async def restart_copy(parts: Parts, call: Call, app: VersionApp, instance: Instance) -> tuple[AppAnswer, Instance]:
    """Restart under the same id, or under a new one, and return the app's answer and what runs then."""
    if asks(call, "restartWithNewInstanceId", usually=True):
        return await _start_copy(parts, app, instance)
    # Durable's own restart answers 400 for an instance that it does not know.
    found = await parts.apps.ask(app, lambda client: client.get_status(instance.id, {"showInput": "false"}))
    if found.status not in (200, 202):
        return found, instance
    path, query = f"instances/{quote(instance.id, safe='')}/restart", {"restartWithNewInstanceId": "false"}
    answer = await parts.apps.ask(app, lambda client: client.manage("POST", path, query=query, headers={}, body=b""))
    return answer, instance


async def _start_copy(parts: Parts, app: VersionApp, instance: Instance) -> tuple[AppAnswer, Instance]:
    # Durable's own restart would make an id without line, which no follow-up could be routed by.
    copy = Instance(instance.line, str(make_public_id(instance.line, uuid4().hex)))
    found = await parts.apps.ask(app, lambda client: client.get_status(instance.id, {"showInput": "true"}))
    if found.status not in (200, 202):
        return found, copy
    status = json.loads(found.body)
    # The stored input as it is: it was brought into the SDK's form when it was first started.
    body = b"" if status.get("input") is None else json.dumps(status["input"]).encode()
    headers = {"Content-Type": "application/json"}
    return await parts.apps.ask(app, lambda client: client.start(status["name"], copy.id, body, headers)), copy
