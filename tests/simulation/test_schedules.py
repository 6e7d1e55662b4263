"""Random schedules keep every promise, and reach everything that they are there to test."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from simulation.__main__ import main
from simulation.campaign import run_block, run_many, usable_processors
from simulation.faults import Faults
from simulation.profiles import PROFILES
from simulation.runs import run

CHECKOUT = Path(__file__).resolve().parents[2]
IN_SUITE = 4000
"""About 10 s of one core. The whole campaign: `make simulate`, or `pytest -m campaign`."""
CAMPAIGN = 100_000
OFTEN, NOW_AND_THEN = 100, 10
"""How often a block of this length is to reach something, at least: less than it does, for other seeds do less."""
REACHED = {
    # Every operation on the table, and its refusals.
    **dict.fromkeys(("register_release", "begin_deploy", "activate", "fail_deploy", "report_progress"), OFTEN),
    **dict.fromkeys(("record_counts", "begin_drain", "cancel_drain", "begin_retire", "complete_retire"), OFTEN),
    **dict.fromkeys(("request_start", "take_over", "archive_lines", "set_policy", "promote", "keep"), OFTEN),
    **dict.fromkeys(("ramp", "request_drain", "rollback", "restore_line"), NOW_AND_THEN),
    "begin_deploy refused: busy": OFTEN,
    "begin_drain refused: stale": OFTEN,
    "record_counts refused: stale": OFTEN,
    "begin_retire refused: not_allowed": OFTEN,
    "begin_retire refused: not_holder": NOW_AND_THEN,
    "take_over refused: not_holder": NOW_AND_THEN,
    "request_start refused: archived": NOW_AND_THEN,
    "begin_deploy refused: archived": NOW_AND_THEN,
    "register_release refused: archived": NOW_AND_THEN,
    # A drain is interrupted by whatever may do so.
    "request_start of a draining line": OFTEN,
    "begin_deploy of a draining line": NOW_AND_THEN,
    "promote of a draining line": NOW_AND_THEN,
    "rollback of a draining line": NOW_AND_THEN,
    "keep of a draining line": NOW_AND_THEN,
    "cancel_drain of a draining line": OFTEN,
    # Starts: lines of every status, the three policies for retired ones, the ramp.
    **{
        f"a start waits for a line that is {status}": NOW_AND_THEN
        for status in ("registered", "provisioning", "draining", "retiring", "retired")
    },
    "a start of a retired line is forwarded": NOW_AND_THEN,
    "a start is rejected: retired": NOW_AND_THEN,
    "a start is on the ramp": NOW_AND_THEN,
    "an instance is rewound": NOW_AND_THEN,
    # Claims of Idempotency-Keys.
    "a repeat is answered from its claim": OFTEN,
    "a repeat finds its instance": NOW_AND_THEN,
    "a key is claimed anew": NOW_AND_THEN,
    "a claim is lost to another router": NOW_AND_THEN,
    # Housekeeping.
    **dict.fromkeys(("an orphan is seen", "an orphan is condemned", "an orphan is removed"), OFTEN),
    # Processes that die, and messages out of order. What else goes wrong: every fault that there is.
    **{f"{saga} is killed": NOW_AND_THEN for saga in ("monitor", "retire_line", "deploy_release")},
    "a router dies": OFTEN,
    "an app is away": OFTEN,
    "an operation is overtaken": OFTEN,
    **{fault.name: NOW_AND_THEN for fault in fields(Faults)},
    **{f"run: {profile.name}": NOW_AND_THEN for profile in PROFILES},
    "everything goes through JSON": NOW_AND_THEN,
}


def assert_kept(tally):
    """Fail with the story of the first broken promise, rather than with its seed alone."""
    if tally.violations:
        seed = tally.violations[0].seed
        story = "\n".join(run(seed, traced=True).trace)
        pytest.fail(f"{len(tally.violations)} of {tally.schedules} schedules break a promise; seed {seed}:\n{story}")


def test_random_schedules_keep_every_promise_and_reach_all_that_they_are_there_to_test():
    tally = run_block(0, IN_SUITE)

    assert_kept(tally)
    assert tally.schedules == IN_SUITE
    assert {what: tally.reached[what] for what, least in REACHED.items() if tally.reached[what] < least} == {}


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_schedules_keep_every_promise():
    for tally in run_many(0, CAMPAIGN, processes=usable_processors()):
        assert_kept(tally)
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


def test_a_campaign_tells_its_first_violation_as_a_trace_that_replays_alone(capsys):
    step = "the second count"

    assert main(["--schedules", "200", "--processes", "1", "--leave-out", step]) == 1

    told = capsys.readouterr().out
    seed, violation = re.search(r"^seed (\d+): (.*)$", told, re.MULTILINE).groups()
    assert f"`python -m simulation --seed {seed} --leave-out '{step}'` shows it again:\n" in told
    trace = told.partition("shows it again:\n")[2]
    assert "begin_drain(line=" in trace
    assert "IS DELETED\n" in trace
    assert trace.endswith(f"BROKEN                             {violation}\n\nseed {seed}: {violation}\n")
    assert main(["--seed", seed, "--leave-out", step]) == 1
    assert capsys.readouterr().out == trace


def test_a_seed_that_breaks_only_the_weakened_protocol_keeps_every_promise_of_the_whole_one(capsys):
    (found,) = run_block(0, 1000, left_out=["the second count"], until=".").violations

    assert main(["--seed", str(found.seed)]) == 0
    assert capsys.readouterr().out.endswith(f"seed {found.seed}: every promise is kept\n")


def test_each_line_of_a_trace_has_its_time_and_who_did_what():
    trace = run(4711, traced=True).trace

    times = [float(re.fullmatch(r" *(\d+\.\d\d)  \S.{33} \S.*", line).group(1)) for line in trace]
    assert times == sorted(times)
    assert "4711: " in trace[0]


def test_a_campaign_on_two_processes_tells_how_much_it_ran(capsys):
    assert main(["--schedules", "600", "--first", "20", "--processes", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("600 schedules, ")
    assert told.endswith("0 violations\n")
