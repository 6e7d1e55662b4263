"""Long-running operations that faults make of calls, and where they are polled."""

import asyncio
import json
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import arm_error
from local_azure.control_plane.arm.paths import SUBSCRIPTION, WEB
from local_azure.control_plane.faults.answers import Refusal
from local_azure.control_plane.records import JsonObject

LOCATIONS = SUBSCRIPTION + WEB + "/locations/{location}"
BY_LOCATION = "location"
BY_ASYNC_OPERATION = "azure_async"


@dataclass(slots=True)
class FaultedOperation:
    """A call that goes on after it was answered."""

    style: str
    retry_after: int
    polls_left: int | None
    """None: it never ends."""
    work: "asyncio.Task[web.StreamResponse] | None" = None
    ends_in: Refusal | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def outcome(self) -> ArmReply | None:
        """Count a poll; None while the operation goes on."""
        if self.polls_left is None:
            return None
        if self.polls_left > 0:
            self.polls_left -= 1
            return None
        if self.ends_in is not None:
            return ArmReply(self.ends_in.status, self.ends_in.body, self.ends_in.headers)
        assert self.work is not None, "an operation that ends well has work to do"
        return _reply(await asyncio.shield(self.work))


def _reply(response: web.StreamResponse) -> ArmReply:
    content = response.body if isinstance(response, web.Response) else None
    return ArmReply(response.status, json.loads(content) if isinstance(content, bytes) and content else None)


class FaultedOperations:
    """The operations under way."""

    def __init__(self) -> None:
        """Begin without any."""
        self._operations: dict[str, FaultedOperation] = {}

    def begin(self, operation: FaultedOperation, work: "Coroutine[Any, Any, web.StreamResponse] | None") -> None:
        """Take an operation up, and begin its work."""
        self._operations[operation.id] = operation
        operation.work = asyncio.create_task(work) if work is not None else None

    async def close(self) -> None:
        """Leave everything as it is."""
        work = [operation.work for operation in self._operations.values() if operation.work is not None]
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    def routes(self) -> list[ArmRoute]:
        """Return where operations are polled."""
        return [
            arm_route("GET", LOCATIONS + "/operationResults/{operation}", self.result),
            arm_route("GET", LOCATIONS + "/operations/{operation}", self.status),
        ]

    async def result(self, call: ArmCall) -> ArmReply:
        """Answer 202 while it goes on, then what the call would have been answered."""
        operation = self._require(call)
        return await operation.outcome() or accepted(call.base_url, call.path, call.query, operation)

    async def status(self, call: ArmCall) -> ArmReply:
        """Tell the status, and in the end the error."""
        operation = self._require(call)
        outcome = await operation.outcome()
        body: JsonObject = {"id": operation.id, "name": operation.id, "status": "InProgress"}
        if outcome is None:
            return ArmReply(200, body, {"Retry-After": str(operation.retry_after)})
        if outcome.status < 400:
            return ArmReply(200, {**body, "status": "Succeeded"})
        return ArmReply(200, {**body, "status": "Failed", "error": _error_of(outcome.body)})

    def _require(self, call: ArmCall) -> FaultedOperation:
        operation = self._operations.get(call.path["operation"])
        if operation is None:
            raise arm_error(404, "NotFound", f"There is no operation '{call.path['operation']}'.")
        return operation


def _error_of(body: Any) -> JsonObject:
    """Write a refusal as the error of a status: in Resource Manager's form, whichever it had."""
    error = body.get("error", body) if isinstance(body, dict) else {}
    code, message = error.get("code") or error.get("Code"), error.get("message") or error.get("Message")
    return {"code": code or "Failed", "message": message or str(body)}


def accepted(base_url: str, path: Any, query: Any, operation: FaultedOperation) -> ArmReply:
    """Write the answer that leads to an operation."""
    place = f"{base_url}/subscriptions/{path['subscription']}/providers/Microsoft.Web/locations/local"
    version = f"?api-version={query.get('api-version', '')}"
    name, below = (
        ("Azure-AsyncOperation", "operations")
        if operation.style == BY_ASYNC_OPERATION
        else ("Location", "operationResults")
    )
    headers = {name: f"{place}/{below}/{operation.id}{version}", "Retry-After": str(operation.retry_after)}
    return ArmReply(202, headers=headers)
