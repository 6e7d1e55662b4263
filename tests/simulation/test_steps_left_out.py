"""The simulation bites: without any one step of the protocol it finds a broken promise, within so many seeds."""

import re
from pathlib import Path

import pytest

from simulation.campaign import run_block
from simulation.mutations import MUTATIONS

BUDGET = 3000
"""Seeds to search; most steps are missed within the first hundred."""

DELETED = r"is deleted while|is deleted and .*, which it ran, is not in the archive"
"""Work is lost with its app: unfinished, or finished so shortly before that nobody has archived it."""
TWICE = "was started 2 times"
NEVER_DONE = "not settled"

MISSED = {
    # The step that is left out, and what becomes of it.
    "the wait after closing": DELETED,
    "the wait for snapshots": DELETED,
    "the wait for forwards": DELETED,
    "the drain margin": DELETED,
    "closing to starts": DELETED,
    "all pages": DELETED,
    "every status": DELETED,
    "the second count": DELETED,
    "the delay between counts": DELETED,
    "all counts": DELETED,
    # The table refuses a retirement without counts, so no line is ever retired.
    "the counting": NEVER_DONE,
    "unknown is not zero": DELETED,
    "the count after the export": r"is deleted while .*~own-",
    "the export": "is not in the archive",
    "begin_retire before deleting": "is deleted while line .* is (draining|live)",
    "the tombstone": NEVER_DONE,
    "the proof in the receipt": "its receipt ends with",
    "the generation guard": "is closed although",
    "taking over": NEVER_DONE,
    "the wait of who takes over": DELETED,
    "the surety of a death": "which lives",
    "the quiet period": "is closed although it was not quiet",
    "a new quiet period": "is closed although it was not quiet",
    "unknown is not quiet": "is closed although it was not quiet",
    "the delays of policy": "is closed although (policy delays its sunset|its trial is not over)",
    "the newest lines": "is closed although policy keeps the newest",
    # A drain that the table refuses is planned again and again, and the plan never comes to the other lines.
    "the obstacles in the plan": NEVER_DONE,
    "ensure_monitors": NEVER_DONE,
    "the age of snapshots": DELETED,
    "the age from before the read": DELETED,
    # It also tells those that repeat a start from when on nobody can be sending it any more.
    "the forward deadline": f"{DELETED}|{TWICE}",
    "reviving on live lines only": DELETED,
    "the claim of a key": f"{TWICE}|was started on line",
    "the patience with a claim": f"{TWICE}|was started on line",
    "the look for a claimed start": f"{TWICE}|was started on line",
    "the table read anew": DELETED,
    # A second start of an instance that has ended runs it anew; and of one that runs, is refused for good.
    "the look in the app": f"{TWICE}|{TWICE.replace('2', '3')}|ran, and its client is told",
    "the look in the archive": TWICE,
    "the pause after a time-out": f"{TWICE}|{TWICE.replace('2', '3')}",
    "the look before giving up": "ran, and its client is told",
    "reopening for a start": "wait for a line that takes starts or would be reopened for them",
    "the deploy that a start needs": "nothing went wrong, and .* has failed",
    "the waiting list": "still waits",
    # The table does not become wrong: such a change is refused as a defect, which is what is seen.
    "the hold of a line": "BrokenInvariantError: begin_deploy",
    "the gate": "which does not start",
    "letting a publish end": "runs (bad|package)-of-.*, and the table says",
    "removing a failed app": "has failed and left",
    "restoring the former package": "runs (bad|package)-of-.*, and the table says",
    "the ownership check": "which belongs to another router",
    "the sweep": "is an orphan",
    "the archive of an orphan": "is not in the archive",
    "the owner of an app in the making": "is removed as an orphan while|is deleted while line .* is live",
    "the copy of a tombstone": "the archive does not have it as it was",
    "the fingerprint of a tombstone": "the archive does not have it as it was",
}
NOT_MISSED = {
    "the proof in the table": "the planner counts; the table checks that it did, so it guards against our own defects",
    "the obstacles of begin_drain": "the plan names them first, and the generation guard covers what comes after it",
    "the generation of the app": "an app of an earlier generation is gone before the line is live again",
    "stopping without the hold": "nobody who lives is taken over from",
    "the count of an orphan": "it goes only with everything in it archived, and counted once more",
    "the grace of an orphan": "a table that holds a line before it makes its app leaves no other doubt",
    "condemning an orphan": "no deploy makes an app of a generation that has had one",
}
COVERED = {
    # Steps that cover for each other, and what becomes of it when both are left out.
    ("the proof in the table", "the counting"): DELETED,
    ("the obstacles of begin_drain", "the obstacles in the plan"): "begin_drain: |is closed although",
    ("the count of an orphan", "the archive of an orphan"): "is deleted while 0.2~stray",
    ("stopping without the hold", "the surety of a death"): "which lives",
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("step", "broken"), MISSED.items(), ids=MISSED.keys())
def test_the_protocol_without_one_of_its_steps_breaks_a_promise(step, broken):
    tally = run_block(0, BUDGET, left_out=[step], until=".")

    assert tally.violations, f"{BUDGET} schedules do not miss {step}"
    violation = tally.violations[0].violation or ""
    assert re.search(broken, violation), violation


@pytest.mark.parametrize("step", NOT_MISSED)
def test_a_step_that_is_there_for_other_reasons_is_not_missed(step):
    assert run_block(0, 400, left_out=[step]).violations == []


@pytest.mark.parametrize(("steps", "broken"), COVERED.items(), ids=[" and ".join(steps) for steps in COVERED])
def test_of_two_steps_that_cover_for_each_other_one_is_needed(steps, broken):
    tally = run_block(0, BUDGET, left_out=steps, until=broken)

    assert [verdict for verdict in tally.violations if re.search(broken, verdict.violation or "")]


def test_the_documentation_names_every_step():
    page = (Path(__file__).resolve().parents[2] / "docs" / "simulation.md").read_text()
    words = " ".join(page.lower().split())

    assert [step for step in MUTATIONS if step.lower() not in words] == []


def test_every_step_that_can_be_left_out_is_judged():
    assert set(MUTATIONS) == set(MISSED) | set(NOT_MISSED)
    assert not set(MISSED) & set(NOT_MISSED)
