"""One page of an object store's keys."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Keys in ascending order, and where the next page begins."""

    keys: tuple[str, ...]
    cursor: str | None
    """Opaque to all but the store; None after the last page."""
