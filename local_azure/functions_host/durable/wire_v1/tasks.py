"""The tasks of a replay: leaves that events resolve, and groups that wait for all, for any, or for a retry."""

from collections.abc import Callable, Sequence


class Task:
    """Something an orchestration waits for. A cancelled timer is `void`: nobody waits for it, yet it may still fire."""

    __slots__ = ("done", "failed", "parent", "void")

    def __init__(self, *, done: bool = False, void: bool = False) -> None:
        self.done = done
        self.failed = False
        self.void = void
        self.parent: Task | None = None

    @property
    def passable(self) -> bool:
        """Tell whether the shim goes on to its next action."""
        return self.done

    @property
    def needs(self) -> int | None:
        """Return how many results must come before it can end with success; None if it waits for the clock alone."""
        return 1

    def resolve(self, *, failed: bool = False) -> None:
        """End the task and tell whoever waits for it."""
        if self.done:
            return
        self.done = True
        self.failed = failed
        if self.parent is not None:
            self.parent.child_ended(self)

    def child_ended(self, child: "Task") -> None:
        """Take note of a child's end; leaves have no children."""
        raise NotImplementedError(f"{type(self).__name__} has no children")


class Timer(Task):
    """A timer."""

    __slots__ = ()

    @property
    def needs(self) -> int | None:
        """Need no result: the clock ends it."""
        return None


class WhenAll(Task):
    """Ends when every child has ended, also after a failure: that is how the host's shim waits, unlike the SDK."""

    __slots__ = ("_children", "_pending")

    def __init__(self, children: Sequence[Task]) -> None:
        super().__init__()
        self._children = children
        self._pending = 0
        for child in children:
            child.parent = self
            self._pending += not (child.done or child.void)
        self.failed = any(child.failed for child in children)
        self.void = bool(children) and all(child.void for child in children)
        self.done = self._pending == 0 and not self.void

    @property
    def passable(self) -> bool:
        """A group of nothing but cancelled timers is not waited for."""
        return self.done or self.void

    @property
    def needs(self) -> int | None:
        """Need the results of all children that have none."""
        return sum(child.needs or 0 for child in self._children if not child.done) or None

    def child_ended(self, child: Task) -> None:
        """Count the child; a void one was never counted, and only ends a group that is void as a whole."""
        self.failed = self.failed or child.failed
        self._pending -= not child.void
        if self._pending == 0 and (self.void or not child.void):
            self.resolve(failed=self.failed)


class WhenAny(Task):
    """Ends with its first child. A void child wins only by firing, or the shim would run ahead of the SDK's ids."""

    __slots__ = ("_children",)

    @property
    def needs(self) -> int | None:
        """Need what the child needs that needs least."""
        return min((child.needs for child in self._children if child.needs is not None), default=None)

    def __init__(self, children: Sequence[Task]) -> None:
        super().__init__()
        self._children = children
        for child in children:
            child.parent = self
        self.done = not children or any(child.done for child in children)

    def child_ended(self, child: Task) -> None:  # noqa: ARG002  (any child will do)
        """End with the child."""
        self.resolve()


class Retry(Task):
    """Attempts with pauses between them.

    After the last failure one more timer is created, which fires at once: the SDK counts its id too.
    """

    __slots__ = ("_attempt", "_attempts_left", "_pause", "_waiting_for")

    def __init__(self, attempts: int, attempt: Callable[[], Task], pause: Callable[[bool], Task]) -> None:
        super().__init__()
        self._attempts_left = max(attempts, 1) - 1
        self._attempt = attempt
        self._pause = pause
        self._waiting_for = attempt()
        self._waiting_for.parent = self

    def child_ended(self, child: Task) -> None:
        """Go on to the pause, to the next attempt, or to the end."""
        if child is not self._waiting_for:
            return
        if isinstance(child, Pause):
            if child.is_last:
                self.resolve(failed=True)
                return
            self._attempts_left -= 1
            self._wait_for(self._attempt())
        elif child.failed:
            self._wait_for(self._pause(self._attempts_left == 0))
        else:
            self.resolve()

    @property
    def needs(self) -> int | None:
        """Need what the present attempt needs."""
        return self._waiting_for.needs

    def _wait_for(self, task: Task) -> None:
        task.parent = self
        self._waiting_for = task


class Pause(Timer):
    """The timer between two attempts."""

    __slots__ = ("is_last",)

    def __init__(self, *, is_last: bool) -> None:
        super().__init__()
        self.is_last = is_last
