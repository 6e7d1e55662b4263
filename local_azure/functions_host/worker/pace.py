"""Which functions are quick enough to run on the thread that reads the socket; pure.

Handing a call to another thread costs more than a quick function itself. So a function runs where its frame was read
until a run of it turns out slow; from then on other threads run it, until enough runs in a row were quick.
"""

from __future__ import annotations

QUICK_S = 0.001
SLOW_S = 0.010
FIRST_PROOF = 3
LONGEST_PROOF = 256


class Pace:
    """How quick one function was of late."""

    __slots__ = ("_missing", "_proof")

    def __init__(self) -> None:
        self._missing = 0
        self._proof = FIRST_PROOF

    @property
    def is_quick(self) -> bool:
        """Tell whether the next run may keep the reading thread."""
        return self._missing == 0

    def note(self, seconds: float) -> None:
        """Take the length of a run into account; whoever is slow again and again has more to prove each time."""
        if seconds >= SLOW_S:
            if self._missing == 0:
                self._proof = min(self._proof * 2, LONGEST_PROOF)
            self._missing = self._proof
        elif self._missing and seconds < QUICK_S:
            self._missing -= 1
