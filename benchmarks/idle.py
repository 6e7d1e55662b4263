"""An idle app: the memory of its host and worker, and the time from the command to the first answer.

    python -m benchmarks.idle [--rounds 5]

Much of both is the app's own: what it imports, above all the durable SDK. So that is measured alone as well.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.hosts import HERE, descendants, functions_host, megabytes_together, memory_megabytes

SETTLED_AFTER_S = 3.0
APP_ALONE = """
import time
began = time.perf_counter()
import function_app
print(time.perf_counter() - began)
print(next(line.split()[1] for line in open("/proc/self/smaps_rollup") if line.startswith("Rss:")))
"""


def measure_app() -> dict[str, float]:
    """Import the app in a plain interpreter."""
    command = (sys.executable, "-c", APP_ALONE)
    out = subprocess.run(command, cwd=HERE / "chain_app", check=True, capture_output=True, text=True).stdout.split()
    return {"app alone: import (s)": float(out[0]), "app alone: RSS (MB)": int(out[1]) / 1024}


def measure_host(folder: Path) -> dict[str, float]:
    """Start a host, and look at it once it has come to rest."""
    with functions_host(folder) as host:
        time.sleep(SETTLED_AFTER_S)
        found = {"first answer (s)": host.ready_seconds}
        for kind in ("Rss", "Pss"):
            found[f"host {kind.upper()} (MB)"] = memory_megabytes(host.pid, kind)
            found[f"worker {kind.upper()} (MB)"] = sum(memory_megabytes(pid, kind) for pid in descendants(host.pid))
            found[f"together {kind.upper()} (MB)"] = sum(
                memory_megabytes(pid, kind) for pid in (host.pid, *descendants(host.pid))
            )
        found["together, shared files once (MB)"] = megabytes_together([host.pid, *descendants(host.pid)])
        return found


def main() -> None:
    """Measure in rounds and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rounds = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            found = {**measure_app(), **measure_host(Path(folder) / "host")}
        found["first answer beyond the import (s)"] = found["first answer (s)"] - found["app alone: import (s)"]
        rounds.append(found)
    for name in rounds[0]:
        print(f"{name:36} median {statistics.median(found[name] for found in rounds):8.2f}")


if __name__ == "__main__":
    main()
