"""retire_line, stage by stage: what each outcome leads to, as whole steps and all that is remembered."""

from datetime import timedelta

import pytest
from registry_builders import NOW

from version_registry.model import Timings
from version_registry.retirement import new_retirement, new_take_over, retire_line
from version_registry.sagas import Effect, Finish, Sleep, TableOperation

TIMINGS = Timings(visibility_delay=timedelta(seconds=33))
BEGUN = new_retirement("orders", "1.0", operation="retire-1", line_generation=2, expected_generation=9)
APP = {"name": "app-1.0-g2", "host": "app.test"}
DRAINING = {**BEGUN, "app": APP}
COUNT = {"at": "2026-03-01T11:59:00Z", "unfinished": 0, "reason": "", "blockers": []}
UNKNOWN = {"at": "2026-03-01T12:00:00Z", "unfinished": None, "reason": "503", "blockers": []}
RECEIPT = {"operation": "retire-1"}


def ok(**values):
    return {"ok": values}


def later(reason="503", seconds=1, **more):
    return {"retry": {"reason": reason, "retry_after": seconds, **more}}


def broken(code, reason):
    return {"failed": {"code": code, "reason": reason}}


def refused(code="not_holder", reason="another operation holds it"):
    return {"granted": False, "code": code, "reason": reason}


def ends(outcome, **more):
    return Finish({"outcome": outcome, **more, "line": "1.0"})


def cancels(reason):
    return TableOperation("cancel_drain", {"line": "1.0", "operation": "retire-1", "reason": reason})


def notes(code, reason):
    condition = {"reason": code, "message": f"its app could not be deleted yet: {reason}"}
    return TableOperation("note", {"line": "1.0", "operation": "retire-1", "condition": condition})


def after(state, outcome):
    """What follows: the step, and what the state remembers anew."""
    following = retire_line(state, outcome, NOW, TIMINGS)
    plumbing = {"turns", "step", "then", "seconds", "output", "failed", "condition"}
    learnt = {name: value for name, value in following.state.items() if state.get(name) != value}
    return following.step, {name: value for name, value in learnt.items() if name not in plumbing}


def at(step, base=DRAINING, **fields):
    return {**base, "step": step, **fields}


NOT_ARCHIVED = "the finished instances could not be archived: 503"


@pytest.mark.parametrize(
    ("state", "outcome", "step", "learnt"),
    [
        (at("begin"), refused("stale", "the table has changed"), ends("not begun", reason="the table has changed"), {}),
        (at("take_over"), refused(), ends("nothing to take over", reason="another operation holds it"), {}),
        (at("count"), later(), Sleep(33), {"counts": [UNKNOWN], "unknowns": 1}),
        (at("count"), broken("gone", "503"), Sleep(33), {"counts": [UNKNOWN], "unknowns": 1}),
        (
            at("count", zeros=2, archived=4, cursor="page-2", unknowns=3, counts=[COUNT]),
            later(),
            Sleep(33),
            {"counts": [COUNT, UNKNOWN], "unknowns": 4, "zeros": 0, "archived": 0, "cursor": None},
        ),
        (
            at("count", unknowns=4),
            later(),
            cancels("the app did not answer 5 counts: 503"),
            {"counts": [UNKNOWN], "reason": "the app did not answer 5 counts: 503"},
        ),
        (at("count", unknowns=3), ok(count=COUNT), Sleep(33), {"counts": [COUNT], "zeros": 1, "unknowns": 0}),
        (
            at("count", unknowns=3, zeros=1),
            ok(count={**COUNT, "unfinished": 2}),
            cancels("2 unfinished instances"),
            {"counts": [{**COUNT, "unfinished": 2}], "reason": "2 unfinished instances"},
        ),
        (
            at("export", cursor="page-2", archived=2, tries=3),
            ok(exported=5, cursor=None),
            Effect("count_unfinished", {"app": APP}),
            {"archived": 7, "cursor": None, "tries": 0},
        ),
        (at("export"), later(seconds=1), Sleep(10), {"tries": 1}),
        (at("export"), later(seconds=11), Sleep(11), {"tries": 1}),
        (at("export", tries=3), later(seconds=1), Sleep(80), {"tries": 4}),
        (at("export", tries=8), later(seconds=1), Sleep(600), {"tries": 9}),
        (at("export", tries=9), later(), cancels(NOT_ARCHIVED), {"reason": NOT_ARCHIVED}),
        (at("export"), broken("forbidden", "503"), cancels(NOT_ARCHIVED), {"reason": NOT_ARCHIVED}),
        (
            at("begin_retire"),
            refused("not_proven", "the last count is too old"),
            cancels("the last count is too old"),
            {"reason": "the last count is too old"},
        ),
        (at("begin_retire"), refused(), ends("cancelled", reason="another operation holds it"), {}),
        (
            at("cancel", reason="2 unfinished instances"),
            {"granted": True, "waiting": ["start-1", "start-2"]},
            Effect("wake", {"ids": ["start-1", "start-2"], "event": "line_free"}),
            {"wakes": ["start-1", "start-2"]},
        ),
        (
            at("cancel", reason="2 unfinished instances"),
            {"granted": True, "waiting": []},
            ends("cancelled", reason="2 unfinished instances"),
            {},
        ),
        (
            at("cancel", reason="2 unfinished instances"),
            refused(),
            ends("cancelled", reason="2 unfinished instances"),
            {},
        ),
    ],
    ids=[
        "not begun: the table has changed",
        "nothing to take over",
        "a count that fails is unknown",
        "a count that fails for good is unknown",
        "unknown makes the row of zeros and the export begin anew",
        "the fifth unknown count in a row ends the drain",
        "a zero forgets the unknowns before it",
        "any unfinished instance ends the drain",
        "a page forgets the tries before it",
        "the export is tried again",
        "not before it was asked to",
        "ever later",
        "within ten minutes",
        "ten times",
        "but not when it cannot work",
        "what is not proven goes back into service",
        "one that lost its hold leaves the line alone",
        "who waits is woken",
        "nobody waits",
        "somebody else has cancelled it before",
    ],
)
def test_while_it_drains(state, outcome, step, learnt):
    assert after(state, outcome) == (step, learnt)


def deletes(continuation=None):
    app = {"application": "orders", "line": "1.0", "app": APP, "generation": 2}
    return Effect("delete_app", {**app, "continuation": continuation})


NOTED = "its app could not be deleted yet: 503"


@pytest.mark.parametrize(
    ("state", "outcome", "step", "learnt"),
    [
        (at("begin_retire", tries=7), {"granted": True}, deletes(), {"tries": 0}),
        (at("delete_app", deletion=None), later(), Sleep(10), {"tries": 1}),
        (at("delete_app", deletion=None), later(seconds=12), Sleep(12), {"tries": 1}),
        (at("delete_app", deletion="op-1", tries=1), later(), Sleep(20), {"tries": 2}),
        (
            at("delete_app", deletion=None, tries=2),
            later(),
            notes("delete_delayed", "503"),
            {"tries": 3, "noted": NOTED},
        ),
        (at("delete_app", deletion=None, tries=20, noted=NOTED), later(), Sleep(1800), {"tries": 21}),
        (
            at("delete_app", deletion=None),
            later("a lock: keep-it", code="locked"),
            notes("locked", "a lock: keep-it"),
            {"tries": 1, "noted": "its app could not be deleted yet: a lock: keep-it"},
        ),
        (
            at("delete_app", deletion=None),
            later("busy", code="conflict"),
            Sleep(10),
            {"tries": 1},
        ),
        (
            at("delete_app", deletion=None),
            {"pending": {"continuation": "op-1", "doing": "deleting"}, "retry_after": 2},
            Sleep(2),
            {"tries": 1, "deletion": "op-1"},
        ),
        (
            at("delete_app", deletion="op-1", tries=4),
            {"pending": {"continuation": "op-2", "doing": "deleting"}, "retry_after": 1},
            Sleep(32),
            {"tries": 5, "deletion": "op-2"},
        ),
        (
            at("delete_app", deletion="op-1", tries=5),
            {"pending": {"continuation": "op-1", "doing": "503"}, "retry_after": 70},
            notes("delete_delayed", "503"),
            {"tries": 6, "noted": NOTED},
        ),
        (
            at("delete_app", deletion="op-1", tries=20, noted=NOTED),
            {"pending": {"continuation": "op-1", "doing": "503"}, "retry_after": 1},
            Sleep(60),
            {"tries": 21},
        ),
        (
            at("delete_app", deletion="op-1", tries=3),
            broken("not_ours", "503"),
            notes("not_ours", "503"),
            {"tries": 4, "deletion": None, "noted": NOTED},
        ),
        (at("delete_app", deletion=None, tries=3, noted=NOTED), broken("not_ours", "503"), Sleep(1800), {"tries": 4}),
        (at("pause", then="delete_app", deletion="op-1", seconds=20), {}, deletes("op-1"), {}),
        (at("note", seconds=20, then="delete_app"), {"granted": True}, Sleep(20), {}),
        (at("note"), refused(), ends("taken over", reason="another operation holds it"), {}),
        (
            at("delete_app", deleted=["plan"]),
            ok(deleted=["app", "plan"]),
            TableOperation("complete_retire", {"line": "1.0", "operation": "retire-1", "deleted": ["plan", "app"]}),
            {"deleted": ["plan", "app"]},
        ),
        (at("complete"), refused(), ends("taken over", reason="another operation holds it"), {}),
        (
            at("complete"),
            {"granted": True, "waiting": [], "receipt": RECEIPT},
            Finish({"outcome": "retired", "line": "1.0", "receipt": RECEIPT}),
            {},
        ),
        (
            at("complete"),
            {"granted": True, "waiting": ["start-1"], "receipt": RECEIPT},
            Effect("wake", {"ids": ["start-1"], "event": "line_free"}),
            {"wakes": ["start-1"]},
        ),
    ],
    ids=[
        "the deletion has tries of its own",
        "the deletion is tried again",
        "not before it was asked to",
        "ever later",
        "the third time people are told",
        "once, and then looked at twice an hour",
        "a lock is told at once",
        "nothing else that may pass is",
        "a deletion that goes on is followed",
        "ever more slowly",
        "the sixth time people are told",
        "and it is looked at every minute",
        "one that cannot work begins anew, and is told at once",
        "and only once",
        "after the pause it goes on",
        "after the note comes the pause",
        "one that lost its hold stops at the note",
        "what was deleted before counts",
        "one that lost its hold writes no receipt",
        "nobody waits",
        "who waits is woken",
    ],
)
def test_while_its_app_is_deleted(state, outcome, step, learnt):
    assert after(state, outcome) == (step, learnt)


def test_who_was_woken_does_not_matter_to_the_end():
    woken = retire_line(at("complete"), {"granted": True, "waiting": ["start-1"], "receipt": RECEIPT}, NOW, TIMINGS)
    ended = retire_line(woken.state, later(), NOW, TIMINGS)
    assert ended.step == Finish({"outcome": "retired", "line": "1.0", "receipt": RECEIPT})


HEIR = new_take_over("orders", "1.0", operation="retire-2", replaces="retire-1")


@pytest.mark.parametrize(
    ("status", "step"), [("draining", Sleep(5 + 30 + 5)), ("retiring", deletes())], ids=["draining", "retiring"]
)
def test_an_heir_goes_on_where_the_line_stands(status, step):
    granted = {"granted": True, "status": status, "app": APP, "line_generation": 2}
    assert after(HEIR, granted) == (step, {"app": APP, "line_generation": 2})
    first = TableOperation("take_over", {"line": "1.0", "operation": "retire-2", "replaces": "retire-1"})
    assert retire_line(HEIR, None, NOW, TIMINGS).step == first


@pytest.mark.parametrize(
    ("state", "progress"),
    [
        (BEGUN, "closing line 1.0 to new starts"),
        (HEIR, "going on in place of retire-1"),
        (at("close"), "waiting until no router forwards to line 1.0"),
        (at("count"), "counting unfinished instances of line 1.0"),
        (at("export", archived=7), "archiving finished instances of line 1.0: 7 so far"),
        (at("begin_retire"), "line 1.0 is proven empty"),
        (at("cancel", reason="2 unfinished instances"), "line 1.0 goes back into service: 2 unfinished instances"),
        (at("delete_app"), "deleting the app of line 1.0"),
        (at("note", condition={"message": "a lock"}), "line 1.0: a lock"),
        (at("complete"), "writing the receipt of line 1.0"),
    ],
    ids=lambda value: value["step"] if isinstance(value, dict) else "",
)
def test_every_step_says_what_it_does(state, progress):
    assert retire_line(state, None, NOW, TIMINGS).progress == progress
