"""What an entity remembers, and what a batch of operations comes to."""

from dataclasses import dataclass

from local_azure.functions_host.durable import codec


@dataclass(frozen=True, slots=True)
class EntityState:
    """What an entity remembers."""

    exists: bool = False
    state: str | None = None
    """JSON text."""


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What one operation gave: JSON text, of the value or of the error's text."""

    result: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """An operation that the entity asked for, of another entity."""

    target_name: str
    target_key: str
    name: str
    input: str | None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What a whole batch came to."""

    entity: EntityState
    results: tuple[OperationResult, ...]
    signals: tuple[Signal, ...] = ()


def failed_batch(text: str, before: EntityState, size: int) -> BatchAnswer:
    """Answer every operation with the same failure and leave the state as it was."""
    return BatchAnswer(before, (OperationResult(codec.dumps(text), is_error=True),) * size)


def read_entity_state(scheduler_state: str | None) -> EntityState:
    """Read the state that an entity's row keeps as its input, where Azure shows it too."""
    if scheduler_state is None:
        return EntityState()
    found = codec.loads(scheduler_state)
    return EntityState(bool(found["exists"]), found.get("state"))


def write_entity_state(entity: EntityState) -> str:
    """Return the text that `read_entity_state` reads."""
    return codec.dumps({"exists": entity.exists, "state": entity.state, "sorter": {}})
