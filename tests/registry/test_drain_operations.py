"""What each operation of a drain makes of the line, what its caller learns, and what the log says: whole values."""

from dataclasses import replace

import pytest
from registry_builders import HOUR, NOW, a_count, a_current_line, a_line, a_release, a_table, an_app, operate

from version_registry.codec import encode
from version_registry.model import Condition, Errand, Line, LineStatus, LogEntry, Proof, Ramp, Receipt, ReleaseStatus

APP = encode(an_app("1.0"))
COUNTS = (a_count(at=NOW - HOUR / 2), a_count(at=NOW - HOUR / 4))
BEGIN = {"line": "1.0", "line_generation": 1, "expected_generation": 7, "operation": "new"}


def after(line, name, /, **args):
    """Apply an operation to a line beside a current one; its line, what its caller learns, and its log."""
    table = a_table(line, a_current_line("2.0"), current="2.0")
    changed, outcome = operate(table, name, **({"line": "1.0"} | args))
    learnt = {key: value for key, value in outcome.items() if key not in {"granted", "generation"}}
    return changed.lines["1.0"], learnt, changed.log


def says(operation, detail):
    return (LogEntry(NOW, 8, operation, "1.0", detail),)


WORN = a_line("1.0", quiet_since=NOW, last_count=a_count(), condition="old", proof=Proof((), 1))


def test_a_drain_closes_the_line_and_forgets_what_an_earlier_one_left():
    line, learnt, log = after(WORN, "begin_drain", **BEGIN)
    closed = {"status": LineStatus.DRAINING, "holder": "new", "held_since": NOW, "drain_began_at": NOW}
    assert line == replace(WORN, **closed, proof=None, condition="")
    assert (learnt, log) == ({"app": APP}, says("begin_drain", "line 1.0 is closed to new starts"))
    again = after(line, "begin_drain", **BEGIN)
    assert again == (line, {"app": APP}, ())


DEPLOYING = {
    "holder": "deploy",
    "held_since": NOW,
    "releases": (a_release("1.0.0"), a_release("1.0.1", ReleaseStatus.DEPLOYING, operation="deploy")),
}


@pytest.mark.parametrize(
    ("changes", "args", "ramp", "code", "reason"),
    [
        ({"generation": 3}, {}, None, "stale", "line 1.0 is at generation 3"),
        (DEPLOYING, {}, None, "busy", "line 1.0 is held by deploy"),
        ({"keep": "an audit"}, {}, None, "kept", "line 1.0 is kept: an audit"),
        ({}, {}, Ramp("1.0", 5), "ramp_target", "line 1.0 takes a share of the unversioned starts"),
        ({}, {"expected_generation": 6}, None, "stale", "the table is at generation 7, not 6"),
    ],
    ids=["another app", "held", "kept", "ramp target", "another table"],
)
def test_a_drain_is_refused_with_a_reason(changes, args, ramp, code, reason):
    table = a_table(a_line("1.0", **changes), a_current_line("2.0"), current="2.0", ramp=ramp)
    changed, outcome = operate(table, "begin_drain", **(BEGIN | args))
    assert (changed, outcome) == (table, {"granted": False, "generation": 7, "code": code, "reason": reason})


def test_a_ramp_to_another_line_does_not_keep_this_one():
    table = a_table(a_line("1.0"), a_line("1.1"), a_current_line("2.0"), current="2.0", ramp=Ramp("1.1", 5))
    assert operate(table, "begin_drain", **BEGIN)[1]["granted"]


def test_the_current_line_is_not_drained():
    table = a_table(a_line("1.0"), a_current_line("2.0"), current="2.0")
    outcome = operate(table, "begin_drain", **(BEGIN | {"line": "2.0"}))[1]
    assert (outcome["code"], outcome["reason"]) == ("current", "line 2.0 is current")


DRAINING = a_line("1.0", LineStatus.DRAINING, quiet_since=NOW, drain_requested=True)
NOT_HOLDER = {"code": "not_holder", "holder": "holder-1.0"}


@pytest.mark.parametrize(
    ("args", "reason", "still_requested"),
    [
        ({"operation": "holder-1.0", "reason": "2 unfinished instances"}, "2 unfinished instances", True),
        ({}, "asked for by an admin", False),
    ],
    ids=["the saga gives up", "an admin takes it back"],
)
def test_a_drain_that_is_cancelled_opens_the_line(args, reason, still_requested):
    line, learnt, log = after(DRAINING, "cancel_drain", **args)
    opened = {"status": LineStatus.LIVE, "holder": None, "held_since": None, "quiet_since": None}
    opened |= {"drain_began_at": None, "drain_requested": still_requested}
    assert line == replace(DRAINING, **opened, condition=f"the drain was cancelled: {reason}")
    assert (learnt, log) == (
        {"waiting": []},
        says("cancel_drain", f"the drain of line 1.0 is cancelled: {reason}"),
    )
    assert after(line, "cancel_drain", **args) == (line, {"waiting": []}, ())


@pytest.mark.parametrize(
    ("status", "operation", "args"),
    [
        (LineStatus.DRAINING, "cancel_drain", {}),
        (LineStatus.DRAINING, "begin_retire", {"counts": [], "archived": 0}),
        (LineStatus.RETIRING, "begin_retire", {"counts": [], "archived": 0}),
        (LineStatus.RETIRING, "complete_retire", {"deleted": []}),
        (LineStatus.RETIRING, "note", {"condition": {"reason": "locked"}}),
        (LineStatus.RETIRING, "take_over", {"replaces": "somebody"}),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_only_the_holder_goes_on(status, operation, args):
    line = a_line("1.0", status)
    refusal = {**NOT_HOLDER, "reason": f"line 1.0 is {status.value}, held by holder-1.0"}
    assert after(line, operation, operation="other", **args) == (line, refusal, ())


def test_a_proof_stays_in_the_line_from_the_moment_of_no_return():
    args = {"operation": "holder-1.0", "counts": [encode(count) for count in COUNTS], "archived": 3}
    line, learnt, log = after(DRAINING, "begin_retire", **args)
    assert line == replace(DRAINING, status=LineStatus.RETIRING, proof=Proof(COUNTS, 3))
    detail = "line 1.0 is proven empty (3 finished instances archived); its app is being deleted"
    assert (learnt, log) == ({"app": APP}, says("begin_retire", detail))
    assert after(line, "begin_retire", **args) == (line, {"app": APP}, ())


def test_what_is_not_proven_is_refused_with_what_is_needed():
    args = {"operation": "holder-1.0", "counts": [encode(COUNTS[0])], "archived": 3}
    reason = "two zero counts in a row, at two times since the drain began, are needed"
    assert after(DRAINING, "begin_retire", **args) == (DRAINING, {"code": "not_proven", "reason": reason}, ())
    on_time = replace(DRAINING, drain_began_at=COUNTS[0].at)
    args["counts"] = [encode(count) for count in COUNTS]
    assert after(on_time, "begin_retire", **args)[0].status is LineStatus.RETIRING


RETIRING = a_line(
    "1.0",
    LineStatus.RETIRING,
    generation=4,
    proof=Proof(COUNTS, 3),
    quiet_since=NOW,
    last_count=a_count(),
    drain_requested=True,
    condition="a lock",
    waiting=("start-1",),
    errand=Errand("start-1", "deploy-2", "1.0.0", NOW),
)
RECEIPT = Receipt("holder-1.0", 4, 8, NOW - HOUR, COUNTS, 3, ("app", "plan"), NOW)


@pytest.mark.parametrize(
    ("deleted", "said"), [(["app", "plan"], "app, plan"), ([], "nothing was left")], ids=["both", "none"]
)
def test_of_a_retired_line_the_tombstone_is_left(deleted, said):
    line, learnt, log = after(RETIRING, "complete_retire", operation="holder-1.0", deleted=deleted)
    receipt = replace(RECEIPT, deleted=tuple(deleted))
    kept = {"generation": 4, "activated_at": RETIRING.activated_at, "promoted_at": RETIRING.promoted_at}
    release = a_release("1.0.0", ReleaseStatus.RETIRED)
    assert line == Line("1.0", LineStatus.RETIRED, releases=(release,), receipt=receipt, **kept)
    assert learnt == {"waiting": ["start-1"], "receipt": encode(receipt)}
    assert log == says("complete_retire", f"line 1.0 is retired; deleted: {said}")

    again = after(line, "complete_retire", operation="holder-1.0", deleted=[])
    assert again == (line, {"waiting": [], "receipt": encode(receipt)}, ())
    other = after(line, "complete_retire", operation="other", deleted=[])
    assert other[1] == {"code": "not_holder", "holder": None, "reason": "line 1.0 is retired, held by nobody"}


@pytest.mark.parametrize(
    ("condition", "said"),
    [({"reason": "locked", "message": "a lock: keep-it"}, "a lock: keep-it"), ({"reason": "locked"}, "locked")],
    ids=["message", "reason"],
)
def test_what_the_holder_is_stuck_at_is_told(condition, said):
    line, learnt, log = after(RETIRING, "note", operation="holder-1.0", condition=condition)
    assert (line, learnt) == (replace(RETIRING, condition=said), {})
    assert log == says("note", f"line 1.0: {said}")


HEIR = {"operation": "heir", "replaces": "holder-1.0"}
TAKEN = says("take_over", "line 1.0 is taken over from holder-1.0, which ended without letting go")


@pytest.mark.parametrize(
    ("line", "changes"), [(DRAINING, {"drain_began_at": NOW}), (RETIRING, {})], ids=["draining", "retiring"]
)
def test_the_heir_of_a_retirement_learns_where_it_stands_and_waits_anew_only_while_it_drains(line, changes):
    taken, learnt, log = after(line, "take_over", **HEIR)
    assert taken == replace(line, holder="heir", held_since=NOW, **changes)
    facts = {"line": "1.0", "status": line.status.value, "line_generation": line.generation, "app": APP}
    assert (learnt, log) == (facts, TAKEN)
    assert after(taken, "take_over", **HEIR) == (taken, facts, ())


def test_the_heir_of_a_deploy_learns_what_the_dead_one_was_doing():
    releases = (a_release("1.0.0"), a_release("1.0.1", ReleaseStatus.DEPLOYING, operation="holder-1.0"))
    line = a_line("1.0", releases=releases, holder="holder-1.0", held_since=NOW - HOUR)
    taken, learnt, log = after(line, "take_over", **HEIR)
    inherited = (releases[0], replace(releases[1], operation="heir"))
    assert taken == replace(line, holder="heir", held_since=NOW, releases=inherited)
    assert (learnt["version"], learnt["digest"], learnt["previous"]["version"]) == (
        "1.0.1",
        releases[1].digest,
        "1.0.0",
    )
    assert (learnt["app"], log) == (APP, TAKEN)
    assert after(taken, "take_over", **HEIR) == (taken, learnt, ())


def test_a_count_is_noted_of_superseded_lines_only_and_not_in_the_log():
    counts = {name: encode(a_count(3)) for name in ("1.0", "1.1", "2.0", "7.0")}
    closing = a_line("1.1", LineStatus.DRAINING)
    table = a_table(a_line("1.0"), closing, a_current_line("2.0"), current="2.0")
    changed, outcome = operate(table, "record_counts", counts=counts)
    assert changed.lines == {**table.lines, "1.0": a_line("1.0", last_count=a_count(3))}
    assert (outcome, changed.log) == ({"granted": True, "generation": 8}, ())


def test_of_the_releases_only_the_active_one_is_retired_and_keeps_how_its_deploy_ended():
    conditions = tuple(Condition(kind, True, "done", "", NOW) for kind in ("Healthy", "Active"))
    failed = a_release("1.0.1", ReleaseStatus.FAILED)
    line = replace(RETIRING, releases=(a_release("1.0.0", conditions=conditions), failed))
    releases = after(line, "complete_retire", operation="holder-1.0", deleted=[])[0].releases
    assert releases == (a_release("1.0.0", ReleaseStatus.RETIRED, conditions=conditions[1:]), failed)


def test_counts_prove_nothing_when_nobody_knows_since_when_the_line_drains():
    line = replace(DRAINING, drain_began_at=None)
    args = {"operation": "holder-1.0", "counts": [encode(count) for count in COUNTS], "archived": 3}
    after_it, learnt, _ = after(line, "begin_retire", **args)
    assert (after_it, learnt["code"]) == (line, "not_proven")
