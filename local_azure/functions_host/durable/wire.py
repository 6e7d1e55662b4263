"""What the engine asks of a wire adapter: one implementation for each generation of the SDK's protocol."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from local_azure.functions_host.durable.decisions import TurnOutcome
from local_azure.functions_host.durable.entity_state import BatchAnswer, EntityState
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import InstanceState
from local_azure.functions_host.ports import InvocationResult


class MalformedAnswerError(Exception):
    """A durable function answered with something that its protocol does not know."""


class NonDeterminismError(Exception):
    """The history holds work that the orchestrator, as it is now, does not ask for."""


class Wire(Protocol):
    """Texts for durable functions, and what their answers come to. Pure."""

    def orchestrator_request(self, state: InstanceState, past: Sequence[str], new_events: Sequence[Event]) -> str:
        """Build the request of a turn; `past` holds the committed turns, each as JSON array items."""
        ...

    def outcome(self, result: InvocationResult, events: Iterable[Event], state: InstanceState) -> TurnOutcome:
        """Find what an answer adds to the history; raise MalformedAnswerError or NonDeterminismError."""
        ...

    def entity_request(
        self, name: str, key: str, entity_state: EntityState, operations: Sequence[dict[str, Any]]
    ) -> str:
        """Build the request of a batch."""
        ...

    def batch_answer(self, result: InvocationResult, before: EntityState, size: int) -> BatchAnswer:
        """Read the answer to a batch of `size` operations; raise MalformedAnswerError."""
        ...
