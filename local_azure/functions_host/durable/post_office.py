"""Takes committed messages to the instances they are for, and wakes those."""

from collections.abc import Callable, Iterable

from local_azure.functions_host.durable.active import ActiveInstance, ActiveInstances
from local_azure.functions_host.durable.alarms import Alarms
from local_azure.functions_host.durable.records import InstanceState, Message


class PostOffice:
    """The way of every message inside the engine."""

    def __init__(self, instances: ActiveInstances, wake: Callable[[ActiveInstance], None]) -> None:
        self._instances = instances
        self._wake = wake
        self.alarms = Alarms(self._deliver)

    def post(self, messages: Iterable[Message]) -> None:
        """Deliver messages now, or when they are due."""
        for message in messages:
            if message.due is None:
                self._deliver(message)
            else:
                self.alarms.set(message)

    def begin(self, state: InstanceState, message: Message) -> None:
        """Deliver the first message of an instance that was just created, with what is known of it."""
        if message.due is not None:
            self._begin_later(message)
            return
        active = self._instances.obtain(message.instance_id)
        # The instance may replace one of the same id: what is in memory from before is not about this one.
        active.forget_state()
        active.state = state
        active.mailbox = [message, *(m for m in active.mailbox if m.seq > message.seq)]
        self._wake(active)

    def _begin_later(self, message: Message) -> None:
        replaced = self._instances.find(message.instance_id)
        if replaced is not None:
            replaced.forget_state()
            replaced.mailbox = [m for m in replaced.mailbox if m.seq > message.seq]
        self.alarms.set(message)

    def _deliver(self, message: Message) -> None:
        active = self._instances.obtain(message.instance_id)
        active.mailbox.append(message)
        active.count(message)
        # A turn for each of a thousand results would replay the whole history a thousand times.
        if active.missing <= 0:
            self._wake(active)
