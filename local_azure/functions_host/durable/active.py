"""Instances that are at work or were lately: their mailbox and, while it is worth its memory, their history."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from local_azure.functions_host.durable.history import Event, is_result
from local_azure.functions_host.durable.records import InstanceState, Message

IDLE_HISTORY_LIMIT_CHARS = 64 * 1024 * 1024


@dataclass(slots=True, eq=False)
class ActiveInstance:
    """One orchestration or entity in memory. The truth is in the store; this is what was read or committed last."""

    id: str
    mailbox: list[Message] = field(default_factory=list)
    state: InstanceState | None = None
    """None: not loaded."""
    past_events: list[Event] = field(default_factory=list)
    past_text: list[str] = field(default_factory=list)
    turns: int = 0
    missing: int = 0
    """How many results must come, at least, before a turn can bring the orchestrator on."""
    queued: bool = False
    busy: bool = False

    def forget_state(self) -> None:
        """Make the next turn read the store again."""
        self.state = None
        self.past_events, self.past_text, self.turns, self.missing = [], [], 0, 0

    def wait_for(self, results: int) -> None:
        """Take note of what the orchestrator waits for after a turn; some of it may have come during the turn."""
        self.missing = results
        for message in self.mailbox:
            self.count(message)

    def count(self, message: Message) -> None:
        """Count an arrival. What may be anything but one more result asks for a turn at once."""
        self.missing = self.missing - 1 if is_result(message.event) else 0

    def take_out(self, seqs: tuple[int, ...]) -> None:
        """Remove consumed messages from the mailbox."""
        if len(seqs) == len(self.mailbox) == 1:
            self.mailbox.clear()
            return
        gone = set(seqs)
        self.mailbox = [m for m in self.mailbox if m.seq not in gone]

    @property
    def weight(self) -> int:
        """Return about how many characters of memory the instance takes."""
        state = self.state
        stored = 0 if state is None else len(state.input or "") + len(state.output or "")
        return 1024 + stored + sum(map(len, self.past_text))


class ActiveInstances:
    """All of them by id. Idle ones stay until their histories outgrow a limit; then the longest idle go first."""

    def __init__(self, *, idle_limit_chars: int = IDLE_HISTORY_LIMIT_CHARS) -> None:
        self._by_id: dict[str, ActiveInstance] = {}
        self._idle: OrderedDict[str, int] = OrderedDict()
        self._idle_weight = 0
        self._limit = idle_limit_chars

    def obtain(self, instance_id: str) -> ActiveInstance:
        """Return the instance, unloaded if it was not there; it is not idle from now on."""
        weight = self._idle.pop(instance_id, None)
        if weight is not None:
            self._idle_weight -= weight
        active = self._by_id.get(instance_id)
        if active is None:
            active = self._by_id[instance_id] = ActiveInstance(instance_id)
        return active

    def find(self, instance_id: str) -> ActiveInstance | None:
        """Return the instance if it is in memory."""
        return self._by_id.get(instance_id)

    def rest(self, active: ActiveInstance) -> None:
        """Keep an instance that has nothing to do, or drop those that have had nothing to do for longest."""
        if active.id in self._idle or self._by_id.get(active.id) is not active:
            return
        self._idle[active.id] = weight = active.weight
        self._idle_weight += weight
        while self._idle_weight > self._limit and self._idle:
            oldest, weight = self._idle.popitem(last=False)
            self._idle_weight -= weight
            dropped = self._by_id[oldest]
            dropped.forget_state()
            if not dropped.mailbox:  # a suspended instance keeps what it holds
                del self._by_id[oldest]

    def drop(self, active: ActiveInstance) -> None:
        """Forget an instance that has ended."""
        weight = self._idle.pop(active.id, None)
        if weight is not None:
            self._idle_weight -= weight
        if self._by_id.get(active.id) is active:
            del self._by_id[active.id]


Offer = Callable[[ActiveInstance], None]
