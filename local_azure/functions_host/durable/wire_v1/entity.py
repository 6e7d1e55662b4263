"""The 1.x entity protocol: one batch of operations in, the new state and one result for each out."""

from collections.abc import Sequence
from typing import Any

from local_azure.functions_host.durable import codec
from local_azure.functions_host.durable.entity_state import (
    BatchAnswer,
    EntityState,
    OperationResult,
    Signal,
    failed_batch,
)
from local_azure.functions_host.durable.wire import MalformedAnswerError
from local_azure.functions_host.ports import InvocationResult


def entity_request(name: str, key: str, entity: EntityState, operations: Sequence[dict[str, Any]]) -> str:
    """Build the request for a batch."""
    batch = [
        {"name": operation["op"], "input": operation.get("input"), "isSignal": bool(operation.get("signal"))}
        for operation in operations
    ]
    return codec.dumps(
        {"self": {"name": name, "key": key}, "exists": entity.exists, "state": entity.state, "batch": batch}
    )


def read_batch_answer(result: InvocationResult, before: EntityState, size: int) -> BatchAnswer:
    """Read an invocation's result; if the function as a whole failed, so did every operation, and nothing changed."""
    if result.error is not None:
        return failed_batch(f"{result.error.type}: {result.error.message}", before, size)
    try:
        answer = codec.loads(result.value or "")
        results = tuple(_operation_result(item) for item in answer["results"])
    except (ValueError, LookupError, TypeError) as error:
        raise MalformedAnswerError(f"the entity function's answer is not understood: {error!r}") from error
    missing = OperationResult(codec.dumps("the entity function gave no result for this operation"), is_error=True)
    state = EntityState(bool(answer.get("entityExists")), answer.get("entityState"))
    signals = tuple(_signal(item) for item in answer.get("signals") or ())
    return BatchAnswer(state, (*results[:size], *[missing] * (size - len(results))), signals)


def _operation_result(item: dict[str, Any]) -> OperationResult:
    result = item.get("result")
    return OperationResult("null" if result is None else str(result), bool(item.get("isError")))


def _signal(item: dict[str, Any]) -> Signal:
    target = item["target"]
    return Signal(str(target["name"]), str(target["key"]), str(item["name"]), item.get("input"))
