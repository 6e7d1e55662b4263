"""A load of bounded size: so many calls, at so many at once, with the latency of each."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What one run gave. Seconds."""

    calls: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Return the throughput."""
        return self.calls / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency that `share` of the calls did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def __str__(self) -> str:
        """Return a row for people."""
        p50, p99 = statistics.median(self.latencies) * 1000, self.percentile(0.99) * 1000
        return f"{self.per_second:8.1f}/s   p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   ({self.calls} calls)"


async def run_load(call: Callable[[int], Awaitable[None]], *, calls: int, concurrency: int) -> LoadResult:
    """Make `calls` calls with `concurrency` of them under way at any time."""
    numbers = iter(range(calls))
    latencies: list[float] = []

    async def worker() -> None:
        for number in numbers:
            began = time.perf_counter()
            await call(number)
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return LoadResult(calls, time.perf_counter() - began, tuple(latencies))
