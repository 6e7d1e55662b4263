"""What the router asks of its own task hub, through the SDK's client; faults of the host become HubError."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp
from azure.durable_functions import DurableOrchestrationClient
from azure.durable_functions.models.OrchestrationRuntimeStatus import OrchestrationRuntimeStatus

from router_app.durable.names import CHANGE_TABLE, MONITOR, RUN_SAGA, catalogue_entity, table_entity
from version_registry.codec import decode_table
from version_registry.histories import EndedOperation
from version_registry.identifiers import change_id as name_change
from version_registry.identifiers import monitor_id
from version_registry.model import RoutingTable
from version_registry.monitoring import new_monitor

log = logging.getLogger("durable_router")

ALIVE = frozenset({"Pending", "Running", "ContinuedAsNew", "Suspended"})
ENDED = [
    OrchestrationRuntimeStatus.Completed,
    OrchestrationRuntimeStatus.Failed,
    OrchestrationRuntimeStatus.Terminated,
    OrchestrationRuntimeStatus.Canceled,
]
OWN_ID = re.compile(r"[A-Za-z0-9._:@=+,~-]{1,300}")
"""Ids of the router's own orchestrations. The SDK puts an id into a URL as it is: nothing else may get there."""
POLLS = (0.02, 0.03, 0.05, 0.1, 0.2)
"""Seconds between looks at a table change; the last repeats."""


class HubError(Exception):
    """The router's own Functions host did not answer as it should; the same request may succeed soon."""


@dataclass(frozen=True, slots=True)
class Operation:
    """How an orchestration of the router stands."""

    id: str
    status: str
    progress: str
    output: Any = None
    input: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def alive(self) -> bool:
        """Whether it may still do something."""
        return self.status in ALIVE


class Hub:
    """The router's own task hub, seen through one invocation's client binding."""

    def __init__(self, client: DurableOrchestrationClient) -> None:
        self._client = client

    async def read_table(self, application: str) -> RoutingTable | None:
        """Read the application's routing table as the entity last stored it; None: no such application."""
        found = await _translated(self._client.read_entity_state(table_entity(application)))
        state = _parsed(found.entity_state) if found.entity_exists else None
        return None if state is None else decode_table(state)

    async def read_catalogue(self) -> tuple[str, ...]:
        """List the applications."""
        found = await _translated(self._client.read_entity_state(catalogue_entity()))
        state = _parsed(found.entity_state) if found.entity_exists else None
        return tuple(sorted(state or ()))

    async def add_to_catalogue(self, application: str) -> None:
        """Note the application, so that it gets a monitor."""
        await _translated(self._client.signal_entity(catalogue_entity(), "add", {"application": application}))

    async def look_up(self, instance_id: str) -> Operation | None:
        """Look at an orchestration of the router; None: there is none of that id."""
        if not OWN_ID.fullmatch(instance_id):
            return None
        status = await _translated(self._client.get_status(instance_id))
        if not status or status.runtime_status is None:
            return None
        runtime: OrchestrationRuntimeStatus = status.runtime_status
        return Operation(
            id=instance_id,
            status=runtime.value,
            progress=_object(status.custom_status).get("progress", ""),
            output=status.output,
            input=_object(status.input_),
            created_at=status.created_time,
            updated_at=status.last_updated_time,
        )

    async def start_saga(self, kind: str, instance_id: str, state: Mapping[str, Any], *, again: bool = False) -> bool:
        """Start the saga unless it was started before, or, with `again`, unless it lives; tell whether it was."""
        existing = await self.look_up(instance_id)
        if existing is not None and (existing.alive or not again):
            return False
        return await self._start(RUN_SAGA, instance_id, {"kind": kind, "state": dict(state)})

    async def ensure_monitor(self, application: str) -> bool:
        """Start the application's monitor if it does not run."""
        return await self.start_saga(MONITOR, monitor_id(application), new_monitor(application), again=True)

    async def wake(self, instance_id: str, event: str) -> bool:
        """Raise an event for an orchestration of the router; False if it no longer listens."""
        existing = await self.look_up(instance_id)
        if existing is None or not existing.alive:
            return False
        await _translated(self._client.raise_event(instance_id, event, {}))
        return True

    async def change_table(
        self, application: str, operation: str, args: Mapping[str, Any], *, within: float = 20.0
    ) -> Any:
        """Apply an operation to the routing table and return its outcome; HubError if that takes too long."""
        change_id = name_change(application, uuid4().hex)
        await self._start(
            CHANGE_TABLE, change_id, {"application": application, "operation": operation, "args": dict(args)}
        )
        try:
            async with asyncio.timeout(within):
                outcome = await self._outcome(change_id)
        except TimeoutError as late:
            raise HubError(f"The change {operation!r} was taken, but its outcome is not known yet.") from late
        await self._purge_read(change_id)
        return outcome

    async def list_ended(self, before: datetime, prefix: str = "") -> tuple[EndedOperation, ...]:
        """List orchestrations that have ended and were created before; the host gives a page at a time, the first."""
        found = await _translated(
            self._client.get_status_by(created_time_to=before, runtime_status=ENDED, instance_id_prefix=prefix or None)
        )
        return tuple(
            EndedOperation(one.instance_id, one.last_updated_time, one.runtime_status.value == "Completed")
            for one in found
            # Entities are told by their id.
            if not one.instance_id.startswith("@")
        )

    async def purge(self, instance_id: str) -> None:
        """Delete the history of an orchestration that has ended; absent is fine."""
        await _translated(self._client.purge_instance_history(instance_id))

    async def _purge_read(self, change_id: str) -> None:
        """Delete the history of a change whose outcome was read; nobody else can ask for it."""
        try:
            await self.purge(change_id)
        except HubError as error:
            # Housekeeping finds it later.
            log.warning("The history of %s stays for now: %s", change_id, error)

    async def _outcome(self, change_id: str) -> Any:
        polls = 0
        while True:
            await asyncio.sleep(POLLS[min(polls, len(POLLS) - 1)])
            polls += 1
            status = await self.look_up(change_id)
            if status is None or status.alive:
                continue
            if status.status != "Completed":
                raise HubError("The routing table could not be changed: the router's entity failed.")
            return status.output

    async def _start(self, orchestrator: str, instance_id: str, input_: Mapping[str, Any]) -> bool:
        try:
            await _translated(self._client.start_new(orchestrator, instance_id, dict(input_)))
        except HubError:
            # The SDK tells a duplicate from a fault in words only, and the words differ between hosts: look instead.
            if (existing := await self.look_up(instance_id)) is None or not existing.alive:
                raise
            return False
        return True


async def _translated(call: Awaitable[Any]) -> Any:
    """Await a call of the SDK's client. Boundary: it raises bare Exception for every answer it does not expect."""
    try:
        return await call
    except (aiohttp.ClientError, TimeoutError) as error:
        raise HubError(f"The router's host did not answer: {type(error).__name__}.") from error
    except Exception as error:
        # Its words are the host's own, and for the log.
        log.warning("The router's host refused: %s", error)
        raise HubError("The router's host refused.") from error


def _object(value: Any) -> Mapping[str, Any]:
    """Read a JSON object that the SDK's client may have encoded twice; anything else is an empty one."""
    try:
        value = _parsed(value)
    except ValueError:
        value = None
    return value if isinstance(value, Mapping) else {}


def _parsed(state: Any) -> Any:
    """Undo the extra JSON encoding with which some hosts answer entity reads."""
    return json.loads(state) if isinstance(state, str) else state


def utc_now() -> datetime:
    """Read the clock; activities and triggers only, never an orchestrator."""
    return datetime.now(UTC)
