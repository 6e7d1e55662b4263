"""Virtual time: things happen one after another, each at its moment, and nobody waits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A queue of what is to happen; equal times keep the order in which they were asked for."""

    __slots__ = ("_asked", "_is_halted", "_moment", "_moment_at", "_queue", "now")

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        """Seconds."""
        self._queue: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._asked = 0
        self._is_halted = False
        self._moment, self._moment_at = EPOCH, 0.0

    @property
    def moment(self) -> datetime:
        """The time as the router's code knows it."""
        if self._moment_at != self.now:
            self._moment, self._moment_at = EPOCH + timedelta(seconds=self.now), self.now
        return self._moment

    def halt(self) -> None:
        """Have the clock stop after what happens now."""
        self._is_halted = True

    def after(self, seconds: float, act: Callable[..., object], *args: Any) -> None:
        """Have something happen so much later."""
        self._asked += 1
        heappush(self._queue, (self.now + seconds, self._asked, act, args))

    def run(self, until: float) -> int:
        """Let everything happen up to a time, or until halted; tell how much did."""
        queue, events = self._queue, 0
        self._is_halted = False
        while queue and queue[0][0] <= until:
            self.now, _, act, args = heappop(queue)
            act(*args)
            events += 1
            if self._is_halted:
                return events
        self.now = until
        return events

    def run_until(self, reached: Callable[[], bool], *, at_most: float) -> bool:
        """Let everything happen until something is so, or a time has come; tell whether it is."""
        queue = self._queue
        while queue and queue[0][0] <= at_most and not reached():
            self.now, _, act, args = heappop(queue)
            act(*args)
        return reached()
