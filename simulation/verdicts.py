"""How a run ended."""

from dataclasses import dataclass


class ViolationError(Exception):
    """A promise was broken; the message says which, and how."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one seed came to."""

    seed: int
    beginning: str
    violation: str | None
    """None when every promise was kept."""
    events: int
    virtual_seconds: float
    trace: tuple[str, ...] = ()
