"""Which functions are quick enough to run on the thread that reads the socket; pure.

Handing a call to another thread costs more than a quick function itself. So a function runs where its frame was read
until its runs turn out slow; then other threads run it, until enough of its runs were quick. One slow run alone proves
nothing: on a busy machine any run may have to wait for the processor.
"""

from __future__ import annotations

QUICK_S = 0.001
SLOW_S = 0.002
WEIGHT_OF_SLOW = 4
LIMIT = 2 * WEIGHT_OF_SLOW
MOST = 2 * LIMIT


class Pace:
    """How quick one function was of late: each slow run weighs as much as a few quick ones."""

    __slots__ = ("_slowness",)

    def __init__(self) -> None:
        self._slowness = 0

    @property
    def is_quick(self) -> bool:
        """Tell whether the next run may keep the reading thread."""
        return self._slowness < LIMIT

    def note(self, seconds: float) -> None:
        """Take the length of a run into account."""
        if seconds >= SLOW_S:
            self._slowness = min(self._slowness + WEIGHT_OF_SLOW, MOST)
        elif seconds < QUICK_S and self._slowness:
            self._slowness -= 1
