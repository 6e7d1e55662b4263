"""Messages with a due time: one heap, one armed timer of the event loop."""

import asyncio
import heapq
import time
from collections import defaultdict
from collections.abc import Callable

from local_azure.functions_host.durable.clock import to_epoch
from local_azure.functions_host.durable.records import Message

LONGEST_SLEEP_S = 60.0
"""The wall clock may jump (a laptop sleeps), the loop's does not; so look again now and then."""


class Alarms:
    """Rings each message once, when it is due. The inbox rows are the truth; this is armed from them."""

    def __init__(self, ring: Callable[[Message], None]) -> None:
        self._ring = ring
        self._heap: list[tuple[float, int, str]] = []
        self._messages: defaultdict[str, dict[int, Message]] = defaultdict(dict)
        self._live = 0
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for = float("inf")

    def set(self, message: Message) -> None:
        """Ring the message when it is due; at once if it already is."""
        assert message.due is not None
        due = to_epoch(message.due)
        if due <= time.time():
            self._ring(message)
            return
        heapq.heappush(self._heap, (due, message.seq, message.instance_id))
        self._messages[message.instance_id][message.seq] = message
        self._live += 1
        if due < self._armed_for:
            self._arm()

    def forget(self, instance_id: str) -> None:
        """Drop the alarms of an instance that has ended or started over."""
        self._live -= len(self._messages.pop(instance_id, ()))
        if len(self._heap) > 2 * self._live + 1024:
            self._heap = [entry for entry in self._heap if entry[1] in self._messages.get(entry[2], ())]
            heapq.heapify(self._heap)

    def close(self) -> None:
        """Ring nothing more."""
        if self._handle is not None:
            self._handle.cancel()
        self._heap.clear()

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle, self._armed_for = None, float("inf")
        if not self._heap:
            return
        delay = min(max(self._heap[0][0] - time.time(), 0.0), LONGEST_SLEEP_S)
        self._armed_for = self._heap[0][0]
        self._handle = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        now = time.time()
        while self._heap and self._heap[0][0] <= now:
            _, seq, instance_id = heapq.heappop(self._heap)
            if (message := self._take(instance_id, seq)) is not None:
                self._ring(message)
        self._arm()

    def _take(self, instance_id: str, seq: int) -> Message | None:
        of_instance = self._messages.get(instance_id)
        message = None if of_instance is None else of_instance.pop(seq, None)
        if message is not None:
            self._live -= 1
            if not of_instance:
                del self._messages[instance_id]
        return message
