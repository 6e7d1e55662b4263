"""The 1.x protocol as the engine uses it."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from local_azure.functions_host.durable import failures
from local_azure.functions_host.durable.decisions import Fail, TurnOutcome
from local_azure.functions_host.durable.entity_state import BatchAnswer, EntityState
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import InstanceState
from local_azure.functions_host.durable.wire import MalformedAnswerError
from local_azure.functions_host.durable.wire_v1 import entity
from local_azure.functions_host.durable.wire_v1.answer import count_actions, read_answer
from local_azure.functions_host.durable.wire_v1.replay import replay
from local_azure.functions_host.durable.wire_v1.request import orchestrator_request
from local_azure.functions_host.ports import DurableOptions, InvocationResult

logger = logging.getLogger(__name__)


class WireV1:
    """azure-functions-durable 1.x: JSON texts, replay on the host's side."""

    def __init__(self, options: DurableOptions) -> None:
        self._sleep_time_ms = options.default_async_request_sleep_time_ms
        self._action_limit = options.max_orchestration_actions

    def orchestrator_request(self, state: InstanceState, past: Sequence[str], new_events: Sequence[Event]) -> str:
        """Build the request of a turn."""
        return orchestrator_request(state, past, new_events, sleep_time_ms=self._sleep_time_ms)

    def outcome(self, result: InvocationResult, events: Iterable[Event], state: InstanceState) -> TurnOutcome:
        """Replay the history with the actions of the answer."""
        answer = read_answer(result)
        try:
            if count_actions(answer.actions) > self._action_limit:
                return TurnOutcome(completion=Fail(failures.too_many_actions(self._action_limit)))
            return replay(answer, events, instance_id=state.id, execution_id=state.execution_id)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # An action of a shape that no known SDK sends; trying the turn again would give the same.
            logger.exception("the answer of orchestrator %s could not be read", state.name)
            raise MalformedAnswerError(f"the answer holds an action that is not understood: {error!r}") from error

    def entity_request(
        self, name: str, key: str, entity_state: EntityState, operations: Sequence[dict[str, Any]]
    ) -> str:
        """Build the request of a batch."""
        return entity.entity_request(name, key, entity_state, operations)

    def batch_answer(self, result: InvocationResult, before: EntityState, size: int) -> BatchAnswer:
        """Read the answer to a batch."""
        return entity.read_batch_answer(result, before, size)
