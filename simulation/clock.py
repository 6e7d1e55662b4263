"""Virtual time: things happen one after another, each at its moment, and nobody waits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A queue of what is to happen; equal times keep the order in which they were asked for."""

    __slots__ = ("_asked", "_queue", "now")

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        """Seconds."""
        self._queue: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._asked = 0

    @property
    def moment(self) -> datetime:
        """The time as the router's code knows it."""
        return EPOCH + timedelta(seconds=self.now)

    def after(self, seconds: float, act: Callable[..., object], *args: Any) -> None:
        """Have something happen so much later."""
        self._asked += 1
        heappush(self._queue, (self.now + seconds, self._asked, act, args))

    def run(self, until: float, stop: Callable[[], bool]) -> int:
        """Let everything happen up to a time, or until told to stop; tell how much did."""
        queue, events = self._queue, 0
        while queue and queue[0][0] <= until and not stop():
            self.now, _, act, args = heappop(queue)
            act(*args)
            events += 1
        if not stop():
            self.now = until
        return events
