"""python -m simulation: many schedules, or one to read."""

import argparse
import sys
from shlex import quote
from time import monotonic

from simulation.campaign import Tally, run_many, usable_processors
from simulation.mutations import MUTATIONS, without
from simulation.runs import run

_LISTED = 10
"""Violations that are named one by one."""


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; 1 if a promise was broken."""
    chosen = _read_arguments(arguments)
    if chosen.seed is not None:
        return _show(chosen.seed, chosen.leave_out)
    return _run(chosen)


def _read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=usable_processors())
    parser.add_argument("--seed", type=int, help="run this one alone and print what happens in it")
    parser.add_argument(
        "--leave-out",
        choices=sorted(MUTATIONS),
        action="append",
        default=[],
        metavar="STEP",
        help="of the protocol; repeat it for more",
    )
    return parser.parse_args(arguments)


def _show(seed: int, left_out: list[str]) -> int:
    with without(*left_out):
        verdict = run(seed, traced=True)
    print("\n".join(verdict.trace))
    print(f"\nseed {seed}: {verdict.violation or 'every promise is kept'}")
    return 0 if verdict.violation is None else 1


def _run(chosen: argparse.Namespace) -> int:
    began, tally = monotonic(), Tally()
    for tally in run_many(chosen.first, chosen.schedules, processes=chosen.processes, left_out=chosen.leave_out):
        if sys.stderr.isatty():
            print(f"\r{tally.schedules} schedules, {len(tally.violations)} violations", end="", file=sys.stderr)
    took = monotonic() - began
    print(
        f"{tally.schedules} schedules, {tally.events} events, {tally.virtual_seconds / 86400:.0f} virtual days "
        f"in {took:.1f} s on {chosen.processes} processes"
    )
    print(
        "reached: " + ", ".join(f"{count} {what}" for what, count in tally.reached.most_common() if "run: " not in what)
    )
    for verdict in tally.violations[:_LISTED]:
        print(f"seed {verdict.seed}: {verdict.violation}")
    print(f"{len(tally.violations)} violations")
    if not tally.violations:
        return 0
    first = tally.violations[0].seed
    options = "".join(f" --leave-out {quote(step)}" for step in chosen.leave_out)
    print(f"\nThe first one, as `python -m simulation --seed {first}{options}` shows it again:")
    return _show(first, chosen.leave_out)


if __name__ == "__main__":
    sys.exit(main())
