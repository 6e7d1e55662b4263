"""Claims of Idempotency-Keys, as provisioning/claims.py keeps them in the store: created once, never overwritten."""

from dataclasses import dataclass


@dataclass(slots=True)
class Claim:
    """Which instance a key stands for."""

    public_id: str
    claimed_at: float
    delivered: bool = False


class Claims:
    """All claims: one object for each attempt of a key."""

    __slots__ = ("_attempts",)

    def __init__(self) -> None:
        self._attempts: dict[str, list[Claim]] = {}

    def find(self, key: str) -> tuple[int, Claim] | None:
        """Return the latest attempt of a key, with its number."""
        attempts = self._attempts.get(key)
        return (len(attempts) - 1, attempts[-1]) if attempts else None

    def make(self, key: str, attempt: int, claim: Claim) -> bool:
        """Make an attempt's claim, unless it is made already; tell whether it was made."""
        attempts = self._attempts.setdefault(key, [])
        if len(attempts) != attempt:
            return False
        attempts.append(claim)
        return True
