"""The simulation bites: without any one step of the protocol it finds a broken promise, within so many seeds."""

import pytest

from simulation.campaign import run_block
from simulation.mutations import MUTATIONS

BUDGET = 8000
"""Seeds to search; the steps below are missed much sooner."""

MISSED = {
    # The step that is left out, and what becomes of it.
    "the wait after closing": "is deleted",
    "the drain margin": "is deleted",
    "the second count": "is deleted",
    "all counts": "is deleted",
    "unknown is not zero": "is deleted",
    "the export": "is not in the archive",
    "begin_retire before deleting": "not settled",
    "the generation guard": "is closed although",
    "the age of snapshots": "is deleted",
    "the age from before the read": "is deleted",
    "the forward deadline": "is deleted",
    "the table read anew": "is deleted",
    "the wait of who takes over": "is deleted",
    "the look in the app": "was started 2 times|ran, and its client is told",
    "the look in the archive": "was started 2 times",
    "the pause after a time-out": "was started 2 times",
    "the look before giving up": "ran, and its client is told",
    "reopening for a start": "BrokenInvariantError",
    "the hold of a line": "BrokenInvariantError",
    "taking over": "not settled",
    "removing a failed app": "is an orphan",
    "restoring the former package": "runs package-of-",
    "the waiting list": "still waits",
    "ensure_monitors": "not settled",
}
NOT_MISSED = {
    "the count after the export": "nothing that a router does can begin work by then; it narrows what an app's own "
    "triggers may begin",
    "the proof in the table": "the planner counts; the table checks that it did, so it guards against our own defects",
    "the obstacles of begin_drain": "the generation guard covers them; without that guard they would be the guard",
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("step", "broken"), MISSED.items(), ids=MISSED.keys())
def test_the_protocol_without_one_of_its_steps_breaks_a_promise(step, broken):
    tally = run_block(0, BUDGET, mutation=step, until_found=True)

    assert tally.violations, f"{BUDGET} schedules do not miss {step}"
    violation = tally.violations[0].violation or ""
    assert any(words in violation for words in broken.split("|")), violation


@pytest.mark.parametrize("step", NOT_MISSED)
def test_a_step_that_is_there_for_other_reasons_is_not_missed(step):
    assert run_block(0, 800, mutation=step).violations == []


def test_every_step_that_can_be_left_out_is_judged():
    assert set(MUTATIONS) == set(MISSED) | set(NOT_MISSED)
    assert not set(MISSED) & set(NOT_MISSED)
