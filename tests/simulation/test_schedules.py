"""Random schedules keep every promise, and reach everything that they are there to test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.__main__ import main
from simulation.campaign import run_block, run_many, usable_processors
from simulation.runs import run

CHECKOUT = Path(__file__).resolve().parents[2]
IN_SUITE = 4000
"""About 15 s of one core. The whole campaign: `make simulate`, or `pytest -m campaign`."""
CAMPAIGN = 100_000
REACHED = [
    *("register_release", "begin_deploy", "activate", "fail_deploy", "request_start", "take_over", "record_counts"),
    *("begin_drain", "cancel_drain", "begin_retire", "complete_retire", "promote", "rollback", "keep", "ramp"),
    *("request_drain", "set_policy", "begin_deploy refused: busy", "begin_drain refused: stale"),
    "begin_retire refused: not_holder",
]


def test_random_schedules_keep_every_promise_and_reach_every_operation():
    tally = run_block(0, IN_SUITE)

    assert [(verdict.seed, verdict.violation) for verdict in tally.violations] == []
    assert tally.schedules == IN_SUITE
    assert [what for what in REACHED if tally.reached[what] < 3] == []


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_schedules_keep_every_promise():
    for tally in run_many(0, CAMPAIGN, processes=usable_processors()):
        assert [(verdict.seed, verdict.violation) for verdict in tally.violations] == []
    assert tally.schedules == CAMPAIGN


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_a_seed_is_the_same_run_in_every_process(hash_seed):
    seeds = (3, 128, 1234)  # 128 takes everything through JSON
    here = [line for seed in seeds for line in run(seed, traced=True).trace]
    script = (
        f"from simulation.runs import run\nfor seed in {seeds}:\n    print(*run(seed, traced=True).trace, sep='\\n')"
    )
    there = subprocess.run(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.splitlines() == here


def test_the_trace_changes_nothing_in_a_run():
    for seed in range(20):
        silent, told = run(seed), run(seed, traced=True)
        assert (told.events, told.virtual_seconds, told.reached) == (
            silent.events,
            silent.virtual_seconds,
            silent.reached,
        )


def test_a_violation_is_told_with_its_seed_and_replays_alone_as_a_trace(capsys):
    block = run_block(0, 1000, left_out=["the second count"], until=".")
    (found,) = block.violations

    assert main(["--seed", str(found.seed), "--leave-out", "the second count"]) == 1
    shown = capsys.readouterr().out
    assert f"seed {found.seed}: {found.violation}" in shown
    assert "begin_drain" in shown
    assert "IS DELETED" in shown
    assert main(["--seed", str(found.seed)]) == 0


def test_a_campaign_on_two_processes_tells_how_much_it_ran(capsys):
    assert main(["--schedules", "600", "--first", "20", "--processes", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("600 schedules, ")
    assert told.endswith("0 violations\n")
