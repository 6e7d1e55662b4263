"""Outcomes of activities that are not written yet, because the turn that takes them is about to be.

Written by themselves they would cost a transaction and two rows each. What is lost with the host within these few
milliseconds is done again: an activity runs at least once.
"""

import asyncio
from collections.abc import Callable, Iterable

from local_azure.functions_host.durable.records import ActivityWork, Message

HOLD_S = 0.01
"""An outcome that no turn has taken is written by itself after this long, and before twice this long."""

Outcome = tuple[ActivityWork, Message]


class HeldOutcomes:
    """Outcomes by the number of their message."""

    def __init__(self, write: Callable[[ActivityWork, Message], None]) -> None:
        """`write` is how an outcome is written by itself."""
        self._write = write
        self._fresh: dict[int, Outcome] = {}
        self._aged: dict[int, Outcome] = {}
        self._handle: asyncio.TimerHandle | None = None

    def hold(self, outcome: Outcome) -> None:
        """Keep an outcome for the turn that takes it."""
        self._fresh[outcome[1].seq] = outcome
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(HOLD_S, self._age)

    def __len__(self) -> int:
        """Return how many are held."""
        return len(self._fresh) + len(self._aged)

    def claim(self, seqs: Iterable[int]) -> list[Outcome]:
        """Hand over those of these messages that are held; whoever claims them writes them."""
        if not (self._fresh or self._aged):
            return []
        claimed = (self._fresh.pop(seq, None) or self._aged.pop(seq, None) for seq in seqs)
        return [outcome for outcome in claimed if outcome is not None]

    def write_all(self) -> None:
        """Write whatever is held."""
        for work, message in (*self._aged.values(), *self._fresh.values()):
            self._write(work, message)
        self._aged, self._fresh = {}, {}

    def _age(self) -> None:
        self._handle = None
        for work, message in self._aged.values():
            self._write(work, message)
        self._aged, self._fresh = self._fresh, {}
        if self._aged:
            self._handle = asyncio.get_running_loop().call_later(HOLD_S, self._age)
