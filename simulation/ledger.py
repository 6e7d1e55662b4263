"""Who was promised what, and what really ran: the books that the promises are checked against."""

from dataclasses import dataclass


@dataclass(slots=True)
class Accepted:
    """A start that a client was told is accepted."""

    at: float
    key: str | None = None
    """The Idempotency-Key it was sent with."""
    waits: bool = False
    """Accepted durably, to be delivered when its line has an app."""


@dataclass(frozen=True, slots=True)
class Run:
    """An app began an instance."""

    app: str
    at: float


class Ledger:
    """All starts of a run."""

    __slots__ = ("accepted", "runs")

    def __init__(self) -> None:
        self.accepted: dict[str, Accepted] = {}
        """By public id."""
        self.runs: dict[str, list[Run]] = {}
        """Each time that an app began an instance of the id."""

    def accept(self, public_id: str, accepted: Accepted) -> None:
        """Note what a client was told."""
        self.accepted.setdefault(public_id, accepted)

    def note_run(self, public_id: str, run: Run) -> None:
        """Note that an app begins an instance."""
        self.runs.setdefault(public_id, []).append(run)
