"""What every part of a simulated world shares: the time, one source of chance, what goes wrong, and the trace."""

from collections import Counter
from dataclasses import fields
from datetime import datetime
from random import Random

from simulation.clock import Clock
from simulation.faults import NO_FAULTS, Faults
from simulation.timings import USUAL
from simulation.trace import Trace


class Nature:
    """The laws of one world."""

    __slots__ = ("after", "by_json", "clock", "draw", "faults", "odds", "reached", "timings", "trace")

    def __init__(self, random: Random, *, start: float = 0.0, faults: Faults = NO_FAULTS, traced: bool = False) -> None:
        self.clock = Clock(start)
        self.after = self.clock.after
        """Have something happen so much later."""
        self.draw = random
        self.faults = faults
        self.odds = _odds_of(faults)
        self.timings = USUAL
        self.reached: Counter[str] = Counter()
        """What happened, and how often: so that it shows when runs no longer reach what they are to test."""
        self.trace = Trace(self.clock, on=traced)
        self.by_json = False
        """Whether all that is persisted goes through JSON and the codec: slow, so only in some runs."""

    def calm_down(self) -> None:
        """Let nothing go wrong any more."""
        self.faults, self.odds = NO_FAULTS, {}

    @property
    def now(self) -> float:
        """Seconds."""
        return self.clock.now

    @property
    def moment(self) -> datetime:
        """The time as the router's code knows it."""
        return self.clock.moment

    def befalls(self, fault: str) -> bool:
        """Tell whether something goes wrong this time, by the name of its probability."""
        if fault not in self.odds or self.draw.random() >= self.odds[fault]:
            return False
        self.reached[fault] += 1
        return True

    def up_to(self, limit: float) -> float:
        """Draw a number up to a limit, perhaps just below it."""
        if self.befalls("at_the_limit"):
            return limit * (0.97 + 0.03 * self.draw.random())
        return limit * self.draw.random()

    def moment_of_work(self) -> float:
        """Draw how long something quick takes."""
        return 0.02 + 0.3 * self.draw.random()

    def message_time(self) -> float:
        """Draw how long a message within the hub is under way."""
        slow = self.befalls("slow_message")
        return self.up_to(10.0) if slow else 0.02 + 0.1 * self.draw.random()


def _odds_of(faults: Faults) -> dict[str, float]:
    """List the faults that may happen, for a quick look."""
    odds = {field.name: getattr(faults, field.name) for field in fields(faults)}
    return {name: probability for name, probability in odds.items() if probability}
