"""When an app that no table knows may be removed, and when it is left alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from registry_builders import HOUR, NOW, a_count, a_current_line, a_line, a_receipt, a_table, an_app

from version_registry.model import LineStatus
from version_registry.orphans import (
    Orphan,
    Remove,
    Spare,
    SweepTimings,
    TaggedApp,
    is_orphan,
    is_to_be_emptied,
    judge_orphan,
)
from version_registry.orphans import was_never_live as never_live_in

TIMINGS = SweepTimings(grace=24 * HOUR, condemned_for=timedelta(minutes=2))


def a_tagged_app(line="1.0", generation=1):
    return TaggedApp(an_app(line, generation).name, "orders", line, generation)


def an_orphan(age=48 * HOUR, condemned=None, **more):
    condemned_at = None if condemned is None else NOW - condemned
    return Orphan(a_tagged_app(), NOW - age, **({"count": a_count(0), "condemned_at": condemned_at} | more))


@pytest.mark.parametrize(
    ("line", "generation", "orphan"),
    [
        pytest.param(None, 1, True, id="its line is unknown"),
        pytest.param(a_line("1.0"), 1, False, id="it serves its line"),
        pytest.param(a_line("1.0", LineStatus.DRAINING), 1, False, id="its line is draining"),
        pytest.param(a_line("1.0", generation=2, app=an_app("1.0", 2)), 1, True, id="a later app serves its line"),
        pytest.param(a_line("1.0", LineStatus.PROVISIONING), 1, False, id="a deploy is making it"),
        pytest.param(
            a_line("1.0", LineStatus.PROVISIONING, generation=2), 1, True, id="a deploy is making a later one"
        ),
        pytest.param(a_line("1.0", LineStatus.RETIRING), 1, False, id="a retirement is deleting it"),
        pytest.param(a_line("1.0", LineStatus.RETIRED), 1, True, id="its line is retired"),
        pytest.param(a_line("1.0", LineStatus.REGISTERED, generation=1), 1, True, id="its deploy failed"),
    ],
)
def test_an_app_is_an_orphan_when_no_line_has_it_and_nobody_can_own_it(line, generation, orphan):
    lines = (line,) if line else ()
    table = a_table(*lines, a_current_line("2.0"), current="2.0")
    assert is_orphan(table, a_tagged_app(generation=generation)) is orphan


def test_without_a_table_every_app_of_the_application_is_one():
    assert is_orphan(None, a_tagged_app())
    assert not never_live_in(None, a_tagged_app())


@pytest.mark.parametrize(
    ("line", "never_live"),
    [
        pytest.param(a_line("1.0", LineStatus.REGISTERED, generation=1), True, id="its only deploy failed"),
        pytest.param(a_line("1.0", LineStatus.REGISTERED, generation=2), False, id="an earlier one"),
        pytest.param(a_line("1.0", LineStatus.RETIRED), False, id="it was retired"),
        pytest.param(
            a_line("1.0", LineStatus.RETIRED, receipt=replace(a_receipt(), generation=0)), True, id="recreation failed"
        ),
        pytest.param(a_line("1.0", generation=1, app=an_app("1.0", 9)), False, id="the line is live"),
    ],
)
def test_an_app_never_took_a_start_only_if_its_table_proves_it(line, never_live):
    assert never_live_in(a_table(line), a_tagged_app()) is never_live


@pytest.mark.parametrize(
    ("orphan", "said"),
    [
        pytest.param(an_orphan(age=23 * HOUR), "left alone until", id="within its grace"),
        pytest.param(an_orphan(count=None), "not counted yet", id="not counted"),
        pytest.param(an_orphan(count=a_count(2)), "2 unfinished instances", id="with unfinished instances"),
        pytest.param(an_orphan(count=a_count(None, reason="it is away")), "it is away", id="not answering"),
    ],
)
@pytest.mark.parametrize("condemned", [None, HOUR], ids=["", "although condemned"])
def test_an_orphan_is_spared_with_a_reason_and_is_not_condemned_any_more(orphan, said, condemned):
    orphan = replace(orphan, condemned_at=condemned and NOW - condemned)
    spared = judge_orphan(orphan, NOW, TIMINGS, never_live=False)
    assert isinstance(spared, Spare)
    assert said in spared.orphan.reason
    assert spared.orphan.condemned_at is None


def test_an_empty_orphan_is_condemned_first_and_removed_a_while_later():
    condemned = judge_orphan(an_orphan(), NOW, TIMINGS, never_live=False)
    assert isinstance(condemned, Spare)
    assert condemned.orphan.condemned_at == NOW
    soon = judge_orphan(condemned.orphan, NOW + TIMINGS.condemned_for / 2, TIMINGS, never_live=False)
    assert soon == Spare(condemned.orphan)
    assert isinstance(judge_orphan(soon.orphan, NOW + TIMINGS.condemned_for, TIMINGS, never_live=False), Remove)


def test_an_app_that_never_took_a_start_need_not_answer_but_is_spared_with_unfinished_work_of_its_own():
    silent = an_orphan(count=a_count(None, reason="no package"), condemned=HOUR)
    assert isinstance(judge_orphan(silent, NOW, TIMINGS, never_live=True), Remove)
    busy = an_orphan(count=a_count(1), condemned=HOUR)
    assert isinstance(judge_orphan(busy, NOW, TIMINGS, never_live=True), Spare)


def test_an_orphan_whose_removal_was_begun_need_not_answer_any_more_but_is_spared_when_it_has_work():
    emptied = an_orphan(count=a_count(None, reason="stopped"), condemned=HOUR, emptied_at=NOW - HOUR)
    assert judge_orphan(emptied, NOW, TIMINGS, never_live=False) == Remove(emptied)
    assert not is_to_be_emptied(emptied, never_live=False)

    busy = replace(emptied, count=a_count(1))
    spared = judge_orphan(busy, NOW, TIMINGS, never_live=False)
    assert isinstance(spared, Spare)
    assert (spared.orphan.condemned_at, spared.orphan.emptied_at) == (None, None)


@pytest.mark.parametrize(
    ("orphan", "never_live", "emptied"),
    [
        (an_orphan(condemned=HOUR), False, True),
        (an_orphan(condemned=HOUR, emptied_at=NOW), False, True),
        (an_orphan(condemned=HOUR, count=a_count(None, reason="no package")), True, False),
    ],
    ids=["at first", "it was started again", "it never took a start"],
)
def test_an_orphan_is_archived_before_it_goes_as_long_as_it_answers(orphan, never_live, emptied):
    assert is_to_be_emptied(orphan, never_live=never_live) is emptied
