"""What happened in a run, for people: time, who, what."""

from simulation.clock import Clock


class Trace:
    """Collects lines; off unless a run is to be read, because text costs more than the run itself."""

    __slots__ = ("_clock", "lines", "on")

    def __init__(self, clock: Clock, *, on: bool) -> None:
        self._clock = clock
        self.on = on
        self.lines: list[str] = []

    def tell(self, who: str, what: str) -> None:
        """Note a line. Callers check `on` before they put the text together."""
        self.lines.append(f"{self._clock.now:9.2f}  {who:<34} {what}")
