"""What the monitor decides: whole plans."""

from datetime import timedelta

import pytest
from registry_builders import HOUR, NOW, a_count, a_current_line, a_line, a_policy, a_release, a_table

from version_registry.drain_plan import BeginRetirement, CyclePlan, Observed, Skip, TakeOver, plan_cycle
from version_registry.model import LineStatus, Ramp, ReleaseStatus, Timings

TIMINGS = Timings()
MINUTE = timedelta(minutes=1)
QUIET = {"quiet_since": NOW - HOUR, "last_count": a_count(at=NOW - HOUR)}


def plan(*lines, counts=None, dead=(), **more):
    table = a_table(*lines, a_current_line("9.0"), current="9.0", **({"policy": a_policy()} | more))
    counts = {line.name: a_count() for line in lines} if counts is None else counts
    return plan_cycle(table, Observed(counts, dead), NOW, TIMINGS)


def skips(line, reason, until=None, counts=None, next_check=MINUTE):
    return CyclePlan(counts or {}, (), (Skip(line, reason, until),), next_check)


def begins(line, counts=None):
    return CyclePlan(counts or {}, (BeginRetirement(line, 1),), (), MINUTE)


BUSY, UNKNOWN = a_count(3), a_count(None, reason="503")


@pytest.mark.parametrize(
    ("line", "count", "expected"),
    [
        (a_line("1.0", **QUIET), a_count(), begins("1.0")),
        (a_line("1.0"), BUSY, skips("1.0", "3 unfinished instances", counts={"1.0": BUSY})),
        (a_line("1.0", **QUIET), a_count(1), skips("1.0", "1 unfinished instance", counts={"1.0": a_count(1)})),
        (
            a_line("1.0", **QUIET),
            UNKNOWN,
            skips("1.0", "the app did not answer the count: 503", counts={"1.0": UNKNOWN}),
        ),
        (
            a_line("1.0", **QUIET),
            a_count(None),
            skips("1.0", "the app did not answer the count: no reason given", counts={"1.0": a_count(None)}),
        ),
        (a_line("1.0"), None, skips("1.0", "not counted yet")),
        (a_line("1.0", last_count=a_count()), None, skips("1.0", "not counted yet since it is back in service")),
        (
            a_line("1.0"),
            a_count(),
            skips(
                "1.0",
                "quiet since 12:00:00, until 2026-03-01 12:10:00 UTC",
                NOW + 10 * MINUTE,
                counts={"1.0": a_count()},
            ),
        ),
        (
            a_line("1.0", quiet_since=NOW - 10 * MINUTE + timedelta(seconds=20), last_count=a_count(at=NOW - HOUR)),
            a_count(),
            skips(
                "1.0",
                "quiet since 11:50:20, until 2026-03-01 12:00:20 UTC",
                NOW + timedelta(seconds=20),
                next_check=timedelta(seconds=20),
            ),
        ),
        (
            a_line("1.0", quiet_since=NOW - 10 * MINUTE + timedelta(milliseconds=5), last_count=a_count(at=NOW - HOUR)),
            a_count(),
            skips(
                "1.0",
                "quiet since 11:50:00, until 2026-03-01 12:00:00 UTC",
                NOW + timedelta(milliseconds=5),
                next_check=timedelta(seconds=1),
            ),
        ),
        (a_line("1.0", quiet_since=NOW - 10 * MINUTE, last_count=a_count(at=NOW - HOUR)), a_count(), begins("1.0")),
        (a_line("1.0", **QUIET, keep="an audit"), a_count(), skips("1.0", "kept: an audit")),
        (a_line("1.0", drain_requested=True), a_count(), begins("1.0", counts={"1.0": a_count()})),
        (
            a_line("1.0", drain_requested=True),
            BUSY,
            skips("1.0", "3 unfinished instances", counts={"1.0": BUSY}),
        ),
        (
            a_line("1.0", **QUIET, holder="deploy-7", held_since=NOW, releases=(a_release("1.0.0"),)),
            a_count(),
            skips("1.0", "a deploy is under way: deploy-7"),
        ),
    ],
    ids=[
        "quiet for long enough",
        "busy",
        "busy again",
        "unknown is not zero",
        "unknown for no reason that was given",
        "not counted",
        "not counted since its drain was cancelled",
        "quiet period begins",
        "the next look is when the quiet period ends",
        "but not sooner than in a second",
        "the quiet period ends this very moment",
        "kept",
        "a requested drain needs no quiet period",
        "but nothing unfinished",
        "a deploy holds it",
    ],
)
def test_a_superseded_line_is_judged(line, count, expected):
    assert plan(line, counts={"1.0": count} if count else {}) == expected


def test_the_current_line_is_never_looked_at():
    assert plan(counts={"9.0": a_count()}) == CyclePlan({}, (), (), MINUTE)


@pytest.mark.parametrize("status", [status for status in LineStatus if status is not LineStatus.LIVE])
def test_a_line_that_is_not_live_is_left_alone(status):
    assert plan(a_line("1.0", status)) == CyclePlan({}, (), (), MINUTE)


def test_a_ramp_target_is_never_drained():
    assert plan(a_line("1.0", **QUIET), ramp=Ramp("1.0", 5)) == skips("1.0", "it takes 5 % of the unversioned starts")


def test_policy_delays_the_sunset():
    line = a_line("1.0", **QUIET, superseded_at=NOW - HOUR)
    until = NOW + timedelta(seconds=30)
    expected = skips(
        "1.0",
        "policy delays its sunset, until 2026-03-01 12:00:30 UTC",
        until,
        next_check=timedelta(seconds=30),
    )
    assert plan(line, policy=a_policy(sunset_delay=HOUR + timedelta(seconds=30))) == expected


def test_a_line_that_never_was_current_has_its_clock_from_its_activation_and_a_trial_period():
    line = a_line("9.1", **QUIET, promoted_at=None, superseded_at=NOW - HOUR)
    on_trial = plan(line, policy=a_policy(trial_period=2 * HOUR))
    assert on_trial.skips == (
        Skip("9.1", "it never was current and has its trial period, until 2026-03-01 13:00:00 UTC", NOW + HOUR),
    )
    assert plan(line, policy=a_policy(trial_period=HOUR)) == begins("9.1")


def test_the_newest_lines_are_kept_when_policy_says_so_and_pre_releases_do_not_count():
    lines = [a_line(name, **QUIET) for name in ("1.0", "1.10", "1.7", "1.8", "1.9", "2.0.0rc1")]
    decided = plan(*lines, policy=a_policy(keep_last=2))
    reason = "one of the 2 newest superseded lines, which policy keeps"

    assert decided.actions == tuple(BeginRetirement(name, 1) for name in ("1.0", "1.7", "1.8", "2.0.0rc1"))
    assert decided.skips == (Skip("1.10", reason), Skip("1.9", reason))


def test_a_count_that_says_nothing_new_is_not_recorded():
    line = a_line("1.0", last_count=a_count(3, at=NOW - HOUR))
    assert plan(line, counts={"1.0": a_count(3)}) == skips("1.0", "3 unfinished instances")


def deploying(name, status, held_since):
    releases = (a_release(f"{name}.0"), a_release(f"{name}.1", ReleaseStatus.DEPLOYING, operation="deploy-1"))
    return a_line(name, status, releases=releases, holder="deploy-1", held_since=held_since)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (deploying("1.0", LineStatus.PROVISIONING, NOW - HOUR), TakeOver("1.0", "deploy-1", "1.0.1")),
        (deploying("1.0", LineStatus.LIVE, NOW - HOUR), TakeOver("1.0", "deploy-1", "1.0.1")),
        (a_line("1.0", LineStatus.DRAINING), TakeOver("1.0", "holder-1.0")),
        (a_line("1.0", LineStatus.RETIRING), TakeOver("1.0", "holder-1.0")),
        (a_line("1.0", LineStatus.DRAINING, held_since=NOW - MINUTE), TakeOver("1.0", "holder-1.0")),
    ],
    ids=["first deploy", "patch", "draining", "retiring", "after exactly a minute"],
)
def test_somebody_goes_on_in_place_of_a_dead_holder(line, expected):
    assert plan(line, dead=("1.0",)).actions == (expected,)


def test_a_holder_that_is_not_found_in_its_first_minute_may_just_be_beginning():
    line = a_line("1.0", LineStatus.DRAINING, held_since=NOW - timedelta(seconds=50))
    sure_at = NOW + timedelta(seconds=10)
    assert plan(line, dead=("1.0",)) == skips(
        "1.0", "its holder holder-1.0 is not found (yet)", sure_at, next_check=timedelta(seconds=10)
    )


def test_a_holder_of_whom_nothing_is_noted_is_not_taken_for_dead():
    assert plan(a_line("1.0", LineStatus.DRAINING, held_since=None), dead=("1.0",)).actions == ()


@pytest.mark.parametrize("line", [a_line("1.0", **QUIET, keep="x"), a_line("2.0", **QUIET, keep="x")])
def test_a_line_that_has_let_go_since_it_was_observed_has_no_heir(line):
    assert plan(line, dead=("1.0",)).actions == ()
