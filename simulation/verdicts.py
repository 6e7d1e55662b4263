"""How a run ended."""

from collections.abc import Mapping
from dataclasses import dataclass


class ViolationError(Exception):
    """A promise was broken; the message says which, and how."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one seed came to."""

    seed: int
    profile: str
    violation: str | None
    """None when every promise was kept."""
    events: int
    virtual_seconds: float
    reached: Mapping[str, int]
    """What happened to the table, and how often: so that it shows when runs no longer reach what they are to test."""
    trace: tuple[str, ...] = ()
