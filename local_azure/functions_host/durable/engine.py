"""The durable engine: opens the store, recovers what was left, and takes what clients ask for."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from local_azure.functions_host.durable import clock, commits, failures, history, loading, purging, rewinding, rows
from local_azure.functions_host.durable.active import ActiveInstance, ActiveInstances
from local_azure.functions_host.durable.activities import ActivityRunner
from local_azure.functions_host.durable.commits import Delivery
from local_azure.functions_host.durable.entities import EntityRunner
from local_azure.functions_host.durable.entity_ids import entity_instance_id
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.lanes import TurnLane
from local_azure.functions_host.durable.orchestrations import OrchestrationRunner
from local_azure.functions_host.durable.post_office import PostOffice
from local_azure.functions_host.durable.queries import InstanceFilter
from local_azure.functions_host.durable.records import InstanceState, Message, Status, is_entity_id
from local_azure.functions_host.durable.rewinding import RewindResult
from local_azure.functions_host.durable.runtime import Runtime
from local_azure.functions_host.durable.store import Store
from local_azure.functions_host.durable.turn import start_message
from local_azure.functions_host.durable.waiting import Waiters
from local_azure.functions_host.durable.wire_v1.adapter import WireV1
from local_azure.functions_host.ports import AppModel, DurableInvoker, DurableOptions, FunctionKind

logger = logging.getLogger(__name__)

CLOSE_GRACE_S = 5.0
FIRST_TURN_S = 0.005
"""How long a start waits for the commit of its first turn."""


class UnknownFunctionError(Exception):
    """There is no orchestrator or entity of that name."""


class InstanceExistsError(Exception):
    """An unfinished instance has that id."""


@dataclass(frozen=True, slots=True)
class NewInstance:
    """What a client wants started. Without an id it gets a fresh one."""

    name: str
    instance_id: str | None = None
    input: str | None = None
    """JSON text, stored as it came."""
    version: str | None = None
    start_at: str | None = None
    """When it starts, as the engine writes times; at once if that is None or past."""
    is_awaited: bool = False
    """Whether the client waits for the end anyway."""


class DurableEngine:
    """Orchestrations, activities, entities and timers of one app. Every answer comes after the commit it is about."""

    def __init__(self, store: Store, model: AppModel, invoker: DurableInvoker, options: DurableOptions) -> None:
        self.store = store
        self.options = options
        self._model = model
        self._stopping = False
        self._waiters = Waiters()
        self._instances = ActiveInstances()
        self._post_office = PostOffice(self._instances, self._wake)
        wire = WireV1(options)
        runtime = Runtime(model, invoker, wire, options, store, self._post_office, lambda: self._stopping)
        self._activities = ActivityRunner(runtime)
        turns = OrchestrationRunner(runtime, self._instances, self._activities, self._waiters.finished)
        batches = EntityRunner(runtime, self._instances)
        rest = self._instances.rest
        self._orchestrations = TurnLane(options.max_concurrent_orchestrators, turns.run_turn, turns.is_due, rest)
        self._entities = TurnLane(
            options.max_concurrent_entities, batches.run_turn, lambda active: bool(active.mailbox), rest
        )

    @classmethod
    async def open(
        cls, path: Path, model: AppModel, invoker: DurableInvoker, options: DurableOptions
    ) -> "DurableEngine":
        """Open the store at `path`, take up what was left undone, and start dispatching."""
        engine = cls(await Store.open(path), model, invoker, options)
        await engine._recover()
        return engine

    async def _recover(self) -> None:
        backlog = await self.store.read(loading.load_backlog)
        for work in backlog.activities:
            self._activities.offer(work)
        self._post_office.post(backlog.messages)
        if backlog.activities or backlog.messages:
            logger.info("took up %d activities and %d messages", len(backlog.activities), len(backlog.messages))

    def _wake(self, active: ActiveInstance) -> None:
        lane = self._entities if is_entity_id(active.id) else self._orchestrations
        lane.wake(active)

    async def close(self) -> None:
        """Let running work end within the grace, and let go of the store. What is undone is taken up next time."""
        self._stopping = True
        self._post_office.alarms.close()
        self._waiters.close()
        await asyncio.gather(
            self._orchestrations.close(grace_s=CLOSE_GRACE_S),
            self._entities.close(grace_s=CLOSE_GRACE_S),
            self._activities.close(grace_s=CLOSE_GRACE_S),
        )
        await self.store.close()

    # -- orchestrations ----------------------------------------------------------------------------------------------

    def knows_orchestrator(self, name: str) -> bool:
        """Tell whether the app has an orchestrator of that name."""
        return self._model.durable(FunctionKind.ORCHESTRATOR, name) is not None

    async def start(self, wanted: NewInstance) -> str:
        """Start an orchestration and return its id; raise UnknownFunctionError or InstanceExistsError."""
        function = self._model.durable(FunctionKind.ORCHESTRATOR, wanted.name)
        if function is None:
            raise UnknownFunctionError(failures.missing_function(wanted.name, "orchestrator"))
        now = self.store.creation_clock()
        state = InstanceState(
            key=next(self.store.keys),
            id=wanted.instance_id or uuid4().hex,
            execution_id=uuid4().hex,
            name=function.durable_name or function.name,
            version=wanted.version or self.options.default_version,
            status=Status.PENDING,
            input=wanted.input,
            output=None,
            custom_status=None,
            created_at=now,
            updated_at=now,
        )
        message = start_message(state, self.store.seqs, start_at=wanted.start_at)
        if wanted.instance_id is None:
            # Nobody else knows the id. So the first turn, which has no effects, may run before the start is on disk;
            # its commit comes after. Where nobody waits for the start alone, both are in one commit.
            self._post_office.begin(state, message)
            await self.store.write(commits.create(state, message), patience_s=FIRST_TURN_S if wanted.is_awaited else 0)
            return state.id
        replaces_any = self.options.overridable_states.lower() == "anystate"
        if not await self.store.write(commits.start(state, message, replaces_any=replaces_any)):
            raise InstanceExistsError(failures.instance_exists(state.id))
        self._post_office.begin(state, message)
        return state.id

    async def raise_event(self, instance_id: str, name: str, data: str | None) -> Delivery:
        """Send an external event; `data` is JSON text."""
        return await self._deliver(instance_id, history.event_raised(name, data, clock.utc_now()))

    async def terminate(self, instance_id: str, reason: str | None) -> Delivery:
        """Ask an orchestration to end now."""
        return await self._deliver(instance_id, history.execution_terminated(reason, clock.utc_now()))

    async def suspend(self, instance_id: str, reason: str | None) -> Delivery:
        """Ask an orchestration to pause."""
        return await self._deliver(instance_id, history.execution_suspended(reason, clock.utc_now()))

    async def resume(self, instance_id: str, reason: str | None) -> Delivery:
        """Ask a paused orchestration to go on."""
        return await self._deliver(instance_id, history.execution_resumed(reason, clock.utc_now()))

    async def _deliver(self, instance_id: str, event: Event) -> Delivery:
        if is_entity_id(instance_id):
            return Delivery(None)  # entities take operations, not events
        message = Message(next(self.store.seqs), instance_id, None, event)
        delivery: Delivery = await self.store.write(commits.deliver(message))
        if delivery.accepted:
            self._post_office.post((message,))
        return delivery

    async def rewind(self, instance_id: str, reason: str | None) -> RewindResult:
        """Take up a failed orchestration where it failed, its failed children too."""
        result: RewindResult = await self.store.write(
            rewinding.rewind(instance_id, reason, clock.utc_now(), self.store.seqs)
        )
        self._post_office.post(result.messages)
        return result

    async def wait_finished(self, instance_id: str, timeout_s: float) -> InstanceState | None:
        """Wait until an instance has finished; None when it has not in that time, or is not there."""
        found = self._find(instance_id)
        if found is None or found.status.finished:
            return found
        return await self._waiters.wait(instance_id, timeout_s)

    def stop_waiting(self) -> None:
        """Let nobody wait any longer for an instance's end."""
        self._waiters.close()

    async def instance(self, instance_id: str) -> InstanceState | None:
        """Return an instance as last committed."""
        return self._find(instance_id)

    def _find(self, instance_id: str) -> InstanceState | None:
        active = self._instances.find(instance_id)
        if active is not None and active.state is not None:
            return active.state
        return self.store.glance(lambda connection: rows.read_instance(connection, instance_id))

    async def purge(self, instance_id: str) -> int:
        """Delete a finished instance; returns how many were deleted."""
        deleted: int = await self.store.write(purging.purge_one(instance_id))
        return deleted

    async def purge_by(self, wanted: InstanceFilter) -> int:
        """Delete the finished instances that match; returns how many were deleted."""
        deleted, after = 0, 0
        while keys := await self.store.write(purging.purge_some(wanted, after=after)):
            deleted, after = deleted + len(keys), keys[-1]
        return deleted

    # -- entities ----------------------------------------------------------------------------------------------------

    async def signal_entity(self, name: str, key: str, operation: str, data: str | None) -> None:
        """Send an entity an operation that nobody waits for; `data` is JSON text."""
        if self._model.durable(FunctionKind.ENTITY, name) is None:
            raise UnknownFunctionError(failures.missing_function(name, "entity"))
        request: dict[str, Any] = {"op": operation, "signal": True, "input": data, "id": str(uuid4())}
        message = Message(next(self.store.seqs), entity_instance_id(name, key), None, request)
        await self.store.write(commits.post(message))
        self._post_office.post((message,))
