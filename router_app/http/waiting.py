"""The status of an instance whose start was accepted, but whose app is not there yet."""

import json
from typing import Any

from router_app.durable.client import Hub, Operation
from router_app.http.ids import Instance
from version_registry.codec import encode_time
from version_registry.identifiers import start_id


async def waiting_status(hub: Hub, application: str, instance: Instance) -> dict[str, Any] | None:
    """Answer as Durable would for the instance: Pending while it waits, Failed if it cannot be started; else None."""
    if not instance.is_public:
        # An app started it itself; and its id could be one that is not fit for a URL of the router's host.
        return None
    operation = await hub.look_up(start_id(application, instance.id))
    return None if operation is None else describe_waiting(operation, instance.id)


def describe_waiting(operation: Operation, instance_id: str) -> dict[str, Any] | None:
    """Describe a waiting start; None if it was delivered: then its app knows, or knew, more."""
    if operation.status == "Completed" and not _is_rejected(operation):
        return None
    runtime = "Pending" if operation.alive else "Failed"
    state = operation.input.get("state", {})
    return {
        "name": state.get("name"),
        "instanceId": instance_id,
        "runtimeStatus": runtime,
        "input": json.loads(state.get("input") or "null"),
        "customStatus": {"waitingFor": operation.progress or "its start to be delivered"} if operation.alive else None,
        "output": None if operation.alive else _reason(operation),
        "createdTime": encode_time(operation.created_at) if operation.created_at else None,
        "lastUpdatedTime": encode_time(operation.updated_at) if operation.updated_at else None,
    }


def _is_rejected(operation: Operation) -> bool:
    return isinstance(operation.output, dict) and operation.output.get("accepted") is False


def _reason(operation: Operation) -> str:
    output = operation.output
    if isinstance(output, dict):
        return str(output.get("reason") or output.get("message") or "The start could not be delivered.")
    return str(output or "The start could not be delivered.")
