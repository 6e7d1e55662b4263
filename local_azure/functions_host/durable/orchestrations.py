"""Runs orchestrator turns: load, decide, call the function, replay, commit, and pass on what the turn decided."""

import itertools
import logging
from collections.abc import Callable
from dataclasses import replace

from local_azure.functions_host.durable import clock, commits, failures, history, loading
from local_azure.functions_host.durable.active import ActiveInstance, ActiveInstances
from local_azure.functions_host.durable.activities import ActivityRunner
from local_azure.functions_host.durable.decisions import Fail, TurnOutcome
from local_azure.functions_host.durable.records import InstanceState, Message
from local_azure.functions_host.durable.runtime import Runtime, retry_delay_s
from local_azure.functions_host.durable.store import StoreError
from local_azure.functions_host.durable.turn import TurnCommit, TurnContext, close_turn
from local_azure.functions_host.durable.turn_opening import OpenTurn, is_due, open_turn
from local_azure.functions_host.durable.wire import MalformedAnswerError, NonDeterminismError
from local_azure.functions_host.ports import FunctionKind, WorkerLost

logger = logging.getLogger(__name__)

STORE_RETRY_S = 1.0


class OrchestrationRunner:
    """The turns of all orchestrations."""

    def __init__(
        self,
        runtime: Runtime,
        instances: ActiveInstances,
        activities: ActivityRunner,
        on_finished: Callable[[InstanceState], None],
    ) -> None:
        self._runtime = runtime
        self._instances = instances
        self._activities = activities
        self._on_finished = on_finished

    @staticmethod
    def is_due(active: ActiveInstance) -> bool:
        """Tell whether the mailbox gives reason for a turn."""
        return active.state is None or (active.missing <= 0 and is_due(active.state, active.mailbox))

    async def run_turn(self, active: ActiveInstance) -> float | None:
        """Take one turn; returns the seconds to wait before the next, if the store or the worker failed."""
        try:
            state = active.state or await self._load(active)
            if state is None:
                await self._discard(active)
                return None
            return await self._take_turn(active, state)
        except StoreError as error:
            if self._runtime.is_stopping():
                return None
            logger.error("a turn of %s was not stored and is tried again: %s", active.id, error)
            return STORE_RETRY_S
        except commits.TurnVoidError:
            active.forget_state()
            return None

    async def _load(self, active: ActiveInstance) -> InstanceState | None:
        stored = await self._runtime.store.read(lambda connection: loading.load_instance(connection, active.id))
        if stored is None or stored.state.status.finished:
            return None
        active.past_text, active.past_events, active.turns = stored.past_text, stored.past_events, stored.turns
        active.state = stored.state
        return stored.state

    async def _discard(self, active: ActiveInstance) -> None:
        """Drop messages for an instance that is not there or has ended."""
        seqs = tuple(m.seq for m in active.mailbox)
        await self._runtime.store.write(commits.drop_messages(active.id, seqs))
        active.take_out(seqs)
        if not active.mailbox:
            self._instances.drop(active)

    async def _take_turn(self, active: ActiveInstance, state: InstanceState) -> float | None:
        now = max(clock.utc_now(), state.updated_at)  # the wall clock may have been set back
        turn = open_turn(state, active.mailbox, now=now, is_first=not active.past_events)
        if not turn.events:
            await self._drop(active, turn)
            return None
        try:
            outcome = await self._decide(active, state, turn)
        except WorkerLost as error:
            if self._runtime.is_stopping():
                return None
            state = replace(state, attempts=state.attempts + 1)
            if not self._runtime.gives_up_after(state.attempts):
                await self._count_attempt(active, state)
                return retry_delay_s(state.attempts)
            logger.error("orchestration %s is given up: %s", active.id, error)
            outcome = TurnOutcome(completion=Fail(failures.worker_lost(state.attempts, str(error))))
        await self._commit(active, close_turn(state, turn, outcome, self._context(now)))
        active.wait_for(outcome.awaits)
        return None

    async def _count_attempt(self, active: ActiveInstance, state: InstanceState) -> None:
        if _is_current(active, state):
            active.state = state
        await self._runtime.store.write(commits.count_turn_attempt(state))

    async def _drop(self, active: ActiveInstance, turn: OpenTurn) -> None:
        seqs = tuple(m.seq for m in turn.taken)
        await self._runtime.store.write(commits.drop_messages(active.id, seqs))
        active.take_out(seqs)

    async def _decide(self, active: ActiveInstance, state: InstanceState, turn: OpenTurn) -> TurnOutcome:
        """Call the orchestrator function and find what its answer adds."""
        if not turn.runs:
            return TurnOutcome()
        function = self._runtime.model.durable(FunctionKind.ORCHESTRATOR, state.name)
        if function is None:
            return TurnOutcome(completion=Fail(failures.missing_function(state.name, "orchestrator")))
        wire = self._runtime.wire
        request = wire.orchestrator_request(state, active.past_text, turn.events)
        result = await self._runtime.invoke(function, request, state.id)
        try:
            return wire.outcome(result, itertools.chain(active.past_events, turn.events), state)
        except (MalformedAnswerError, NonDeterminismError) as error:
            return TurnOutcome(completion=Fail(str(error)))

    def _context(self, now: str) -> TurnContext:
        model, store = self._runtime.model, self._runtime.store
        return TurnContext(
            now=now,
            seqs=store.seqs,
            keys=store.keys,
            knows_orchestrator=lambda name: model.durable(FunctionKind.ORCHESTRATOR, name) is not None,
            default_version=self._runtime.options.default_version,
            creation_clock=store.creation_clock,
        )

    # -- committing --------------------------------------------------------------------------------------------------

    async def _commit(self, active: ActiveInstance, commit: TurnCommit) -> None:
        """Write the turn; only what is on disk is passed on."""
        events = history.played(list(commit.appended))
        text = history.array_items(events)
        seqs = self._runtime.store.seqs
        outcomes = self._activities.held.claim(commit.consumed)
        unit = commits.commit_turn(commit, active.turns, text, outcomes, lambda: next(seqs))
        try:
            refusals = await self._runtime.store.write(unit)
        except (StoreError, commits.TurnVoidError):
            for outcome in outcomes:
                self._activities.held.hold(outcome)
            raise
        active.take_out(commit.consumed)
        if not _is_current(active, commit.state):
            return  # replaced by a new start while the commit was on its way
        active.state = commit.state
        if commit.starts_over:
            active.past_events, active.past_text, active.turns = [], [], 0
            self._runtime.post_office.alarms.forget(active.id)
        else:
            active.past_events.extend(events)
            active.past_text.append(text)
            active.turns += 1
        self._pass_on(active, commit, refusals)

    def _pass_on(self, active: ActiveInstance, commit: TurnCommit, refusals: list[Message]) -> None:
        refused = {message.event["TaskScheduledId"] for message in refusals}
        children = [c for c in commit.children if c.state.parent and c.state.parent.task_id not in refused]
        if commit.state.status.finished:
            self._runtime.post_office.alarms.forget(active.id)
            active.mailbox.clear()
            self._instances.drop(active)
            self._on_finished(commit.state)
        self._runtime.post_office.post(commit.messages)
        self._runtime.post_office.post(refusals)
        for child in children:
            self._runtime.post_office.begin(child.state, child.message)
        for work in commit.activities:
            self._activities.offer(work)


def _is_current(active: ActiveInstance, state: InstanceState) -> bool:
    """Tell whether the instance in memory is still the one that a turn is about, not a new one of the same id."""
    return active.state is not None and active.state.key == state.key
