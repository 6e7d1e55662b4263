"""Clients: they start instances, repeat what got no answer, and remember what they were told."""

from simulation.ledger import Accepted, Ledger
from simulation.nature import Nature
from simulation.routers import Answer, Router, Wish

_PATIENCE = 3
"""Requests that a client makes for one start."""
_LATEST_TWIN = 3.0


class Clients:
    """All clients of a run."""

    __slots__ = ("_ledger", "_nature", "_routers", "numbers", "open_requests")

    def __init__(self, nature: Nature, routers: list[Router], ledger: Ledger) -> None:
        self._nature, self._routers, self._ledger = nature, routers, ledger
        self.numbers = 0
        """Of the last start; a world that begins with some goes on counting."""
        self.open_requests = 0
        """Starts about which somebody still waits for an answer, or will ask again."""

    def start(self, version: str | None, *, keyed: bool = False) -> None:
        """Start an instance of a version, perhaps with an Idempotency-Key."""
        self.numbers += 1
        prefix = "key" if keyed else "id"
        self._send(Wish(f"{prefix}-{self.numbers}", version, repeatable=keyed), _PATIENCE)

    def restart(self) -> None:
        """Start again, as a new instance, what was accepted before."""
        if not self._ledger.accepted:
            return
        self.numbers += 1
        old = self._nature.draw.choice(list(self._ledger.accepted))
        self._send(Wish(f"copy-{self.numbers}", None, copies=old), 1)

    def rewind(self, line: str | None) -> None:
        """Have an instance run again that a line had, whether it has ended or not."""
        known = [public_id for public_id in self._ledger.runs if line is None or public_id.startswith(f"{line}~")]
        if known:
            self._send(Wish("rewind", None, rewinds=self._nature.draw.choice(known)), 1)

    def _send(self, wish: Wish, tries: int) -> None:
        self.open_requests += 1
        router = self._nature.draw.choice(self._routers)
        answered = False

        def hear(answer: Answer) -> None:
            nonlocal answered
            if not answered:
                answered = True
                self._hear(wish, tries, answer)

        self._nature.after(self._nature.moment_of_work(), router.take, wish, hear)
        if wish.repeatable and self._nature.befalls("request_repeated"):
            twin = self._nature.draw.choice(self._routers)
            self._nature.after(_LATEST_TWIN * self._nature.draw.random(), twin.take, wish, _nobody_listens)
        # No client waits for ever, and a router that dies answers nothing.
        self._nature.after(2.0 * self._nature.timings.forward_deadline.total_seconds(), hear, Answer("failed"))

    def _hear(self, wish: Wish, tries: int, answer: Answer) -> None:
        self.open_requests -= 1
        lost = self._nature.befalls("answer_lost")
        if self._nature.trace.on:
            told = "nothing: the answer is lost" if lost else f"{answer.kind} {answer.public_id}"
            self._nature.trace.tell("client", f"{wish.key}: is told {told}")
        if answer.kind == "accepted" and not lost:
            key = wish.key if wish.repeatable else None
            self._ledger.accept(answer.public_id, Accepted(self._nature.now, key, answer.waits))
        elif (answer.kind == "failed" or lost) and wish.repeatable and tries > 1:
            self.open_requests += 1
            self._nature.after(self._pause(), self._repeat, wish, tries - 1)

    def _repeat(self, wish: Wish, tries: int) -> None:
        self.open_requests -= 1
        self._send(wish, tries)

    def _pause(self) -> float:
        """Repeat at once, or when the first request is long over."""
        soon = self._nature.draw.random() < 0.5
        return self._nature.moment_of_work() if soon else 100.0 * self._nature.draw.random()


def _nobody_listens(_: Answer) -> None:
    """The client has one answer already, or none."""
