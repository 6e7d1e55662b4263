"""Runs entity turns: one batch of operations at a time for each entity."""

import logging
from dataclasses import replace

from local_azure.functions_host.durable import clock, commits, failures, rows
from local_azure.functions_host.durable.active import ActiveInstance, ActiveInstances
from local_azure.functions_host.durable.entity_ids import split_entity_id
from local_azure.functions_host.durable.entity_state import BatchAnswer, failed_batch, read_entity_state
from local_azure.functions_host.durable.entity_turn import (
    EntityCommit,
    close_batch,
    new_entity,
    take_batch,
)
from local_azure.functions_host.durable.records import InstanceState, Message
from local_azure.functions_host.durable.runtime import Runtime, retry_delay_s
from local_azure.functions_host.durable.store import StoreError
from local_azure.functions_host.durable.wire import MalformedAnswerError
from local_azure.functions_host.ports import FunctionKind, WorkerLost

logger = logging.getLogger(__name__)

STORE_RETRY_S = 1.0


class EntityRunner:
    """The turns of all entities."""

    def __init__(self, runtime: Runtime, instances: ActiveInstances) -> None:
        self._runtime = runtime
        self._instances = instances

    async def run_turn(self, active: ActiveInstance) -> float | None:
        """Run one batch; returns the seconds to wait before the next turn, if the store or the worker failed."""
        if not active.mailbox:
            return None
        try:
            return await self._take_turn(active)
        except StoreError as error:
            if self._runtime.is_stopping():
                return None
            logger.error("a batch of %s was not stored and is tried again: %s", active.id, error)
            return STORE_RETRY_S

    async def _take_turn(self, active: ActiveInstance) -> float | None:
        state = active.state or await self._load(active)
        batch = take_batch(active.mailbox)
        try:
            answer = await self._run_batch(state, batch)
        except WorkerLost as error:
            if self._runtime.is_stopping():
                return None
            state = active.state = replace(state, attempts=state.attempts + 1)
            if not self._runtime.gives_up_after(state.attempts):
                await self._runtime.store.write(commits.count_turn_attempt(state))
                return retry_delay_s(state.attempts)
            logger.error("a batch of entity %s is given up: %s", active.id, error)
            text = failures.worker_lost(state.attempts, str(error))
            answer = failed_batch(text, read_entity_state(state.input), len(batch))
        now = max(clock.utc_now(), state.updated_at)
        await self._commit(active, close_batch(state, batch, answer, now=now, seqs=self._runtime.store.seqs))
        return None

    async def _load(self, active: ActiveInstance) -> InstanceState:
        found = await self._runtime.store.read(lambda connection: rows.read_instance(connection, active.id))
        active.state = found or self._new_entity(active.id)
        return active.state

    def _new_entity(self, instance_id: str) -> InstanceState:
        store = self._runtime.store
        return new_entity(instance_id, next(store.keys), store.creation_clock())

    async def _run_batch(self, state: InstanceState, batch: tuple[Message, ...]) -> BatchAnswer:
        name, key = split_entity_id(state.id)
        before = read_entity_state(state.input)
        function = self._runtime.model.durable(FunctionKind.ENTITY, name)
        if function is None:
            return failed_batch(failures.missing_function(name, "entity"), before, len(batch))
        wire = self._runtime.wire
        request = wire.entity_request(name, key, before, [message.event for message in batch])
        result = await self._runtime.invoke(function, request, state.id)
        try:
            return wire.batch_answer(result, before, len(batch))
        except MalformedAnswerError as error:
            return failed_batch(str(error), before, len(batch))

    async def _commit(self, active: ActiveInstance, commit: EntityCommit) -> None:
        await self._runtime.store.write(commits.commit_batch(commit))
        active.take_out(commit.consumed)
        if commit.exists:
            active.state = commit.state
        else:
            active.forget_state()
            if not active.mailbox:
                self._instances.drop(active)
        self._runtime.post_office.post(commit.messages)
