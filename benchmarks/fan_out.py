"""Fan-out and fan-in: N activities at once, from the start call to the sum of their results.

    python -m benchmarks.fan_out [--sizes 100 1000 10000] [--rounds 3] [--workers 1]

The cost of one activity must not grow with their number: microseconds per activity is the figure to compare.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.chains import session
from benchmarks.hosts import functions_host

PATIENCE_S = 600


async def seconds_for(url: str, size: int) -> float:
    """Start a fan-out of a size and wait for its sum."""
    async with session() as client:
        began = time.perf_counter()
        # The SDK's own client sends JSON within a JSON string; get_input() takes nothing else but objects.
        async with client.post(url, json=str(size)) as answer:
            body = await answer.text()
            if answer.status != 200 or json.loads(body) != size * (size - 1) // 2 + size:
                raise RuntimeError(f"{answer.status}: {body[:300]}")
        return time.perf_counter() - began


def main() -> None:
    """Measure all sizes on one host, round by round, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, functions_host(Path(folder), workers=options.workers) as host:
        url = f"{host.url}/runtime/webhooks/durabletask/orchestrators/fan_out"
        url += f"?timeout={PATIENCE_S}&pollingInterval=1&code={host.key}"
        asyncio.run(seconds_for(url, 10))
        for size in options.sizes:
            found = [asyncio.run(seconds_for(url, size)) for _ in range(options.rounds)]
            median = statistics.median(found)
            print(f"{size:7} activities: median {median:8.3f} s   {median / size * 1e6:7.1f} µs each", flush=True)


if __name__ == "__main__":
    main()
