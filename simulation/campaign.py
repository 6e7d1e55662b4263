"""Many runs: in blocks, on several processes, added up."""

import gc
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from time import monotonic

from simulation.mutations import without
from simulation.runs import run
from simulation.verdicts import Verdict

_BLOCK = 500


@dataclass(slots=True)
class Tally:
    """What some runs came to."""

    schedules: int = 0
    events: int = 0
    virtual_seconds: float = 0.0
    reached: Counter[str] = field(default_factory=Counter)
    violations: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Add one run."""
        self.schedules += 1
        self.events += verdict.events
        self.virtual_seconds += verdict.virtual_seconds
        self.reached.update(verdict.reached)
        self.reached[f"run: {verdict.profile}"] += 1
        if verdict.violation is not None:
            self.violations.append(verdict)

    def merge(self, other: "Tally") -> None:
        """Add other runs."""
        self.schedules += other.schedules
        self.events += other.events
        self.virtual_seconds += other.virtual_seconds
        self.reached.update(other.reached)
        self.violations += other.violations


def run_block(first: int, count: int, *, left_out: Sequence[str] = (), until: str | None = None) -> Tally:
    """Run seeds one after another, perhaps without some steps; up to a violation that fits the pattern `until`."""
    tally = Tally()
    # A run leaves cycles behind. What stood before is set apart, so collecting them after each run looks at little
    # and keeps the memory that all runs share small enough for the processor's caches.
    gc.disable()
    gc.freeze()
    try:
        with without(*left_out):
            for seed in range(first, first + count):
                verdict = run(seed)
                gc.collect()
                tally.add(verdict)
                if until is not None and verdict.violation is not None and re.search(until, verdict.violation):
                    break
    finally:
        gc.unfreeze()
        gc.enable()
    return tally


def run_for(seconds: float, *, first: int = 0) -> Tally:
    """Run seeds for so long, real time, in this process."""
    tally, end, seed = Tally(), monotonic() + seconds, first
    while monotonic() < end and not tally.violations:
        tally.merge(run_block(seed, 100))
        seed += 100
    return tally


def run_many(first: int, count: int, *, processes: int, left_out: Sequence[str] = ()) -> Iterator[Tally]:
    """Run seeds on several processes, yielding what has been done so far."""
    total = Tally()
    starts = range(first, first + count, _BLOCK)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        blocks = [
            pool.submit(run_block, start, min(_BLOCK, first + count - start), left_out=left_out) for start in starts
        ]
        for block in blocks:
            total.merge(block.result())
            yield total


def usable_processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
