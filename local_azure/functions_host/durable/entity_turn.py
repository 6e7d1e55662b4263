"""One entity turn, decided without effects: which operations make the batch, and what its answer changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from local_azure.functions_host.durable import codec, history
from local_azure.functions_host.durable.entity_ids import entity_instance_id, split_entity_id
from local_azure.functions_host.durable.entity_state import BatchAnswer, OperationResult, Signal, write_entity_state
from local_azure.functions_host.durable.records import InstanceState, Message, Status

BATCH_LIMIT = 5000
"""The default of maxEntityOperationBatchSize outside the consumption plan."""


@dataclass(frozen=True, slots=True)
class EntityCommit:
    """Everything that one batch changes; it is written in one transaction."""

    state: InstanceState
    exists: bool
    consumed: tuple[int, ...]
    messages: tuple[Message, ...]


def new_entity(instance_id: str, key: int, now: str) -> InstanceState:
    """Return an entity that nobody has used yet."""
    return InstanceState(
        key=key,
        id=instance_id,
        execution_id=uuid5(NAMESPACE_OID, f"{instance_id}/{key}").hex,
        name=f"@{split_entity_id(instance_id)[0]}",
        version=None,
        status=Status.RUNNING,
        input=None,
        output=None,
        custom_status=None,
        created_at=now,
        updated_at=now,
    )


def take_batch(mailbox: Sequence[Message]) -> tuple[Message, ...]:
    """Return the operations of the next batch, in order of arrival."""
    return tuple(mailbox[:BATCH_LIMIT])


def close_batch(
    state: InstanceState, batch: Sequence[Message], answer: BatchAnswer, *, now: str, seqs: Iterator[int]
) -> EntityCommit:
    """Turn a batch's answer into what is written: the state, and responses to those who wait."""
    responses = [
        Message(next(seqs), request["parent"], request.get("parentExecution"), _response(request, result, now))
        for message, result in zip(batch, answer.results, strict=True)
        if (request := message.event).get("parent") and not request.get("signal")
    ]
    signals = [
        Message(next(seqs), entity_instance_id(s.target_name, s.target_key), None, _request(state, s, index))
        for index, s in enumerate(answer.signals)
    ]
    return EntityCommit(
        state=replace(state, input=write_entity_state(answer.entity), updated_at=now, attempts=0),
        exists=answer.entity.exists,
        consumed=tuple(m.seq for m in batch),
        messages=(*responses, *signals),
    )


def _response(request: dict[str, Any], result: OperationResult, now: str) -> history.Event:
    body = {"result": result.result, "exceptionType": "Error"} if result.is_error else {"result": result.result}
    return history.event_raised(request["id"], codec.dumps(body), now)


def _request(state: InstanceState, signal: Signal, index: int) -> dict[str, Any]:
    request_id = str(uuid5(NAMESPACE_OID, f"{state.execution_id}/{state.updated_at}/{index}"))
    return {"op": signal.name, "signal": True, "input": signal.input, "id": request_id, "parent": state.id}
