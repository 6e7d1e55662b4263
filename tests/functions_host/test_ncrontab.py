"""NCRONTAB schedules fire when Azure's do."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from local_azure.functions_host.timers.ncrontab import ScheduleError, parse_schedule

NEXT = [
    ("*/5 * * * * *", "2026-11-23T10:00:00", "2026-11-23T10:00:05"),
    ("*/5 * * * * *", "2026-11-23T10:00:04.999", "2026-11-23T10:00:05"),
    ("* * * * * *", "2026-12-31T23:59:59", "2027-01-01T00:00:00"),
    ("0 */5 * * * *", "2026-11-23T10:00:01", "2026-11-23T10:05:00"),
    ("*/5 * * * *", "2026-11-23T10:00:01", "2026-11-23T10:05:00"),
    ("0 0 * * * *", "2026-11-23T10:00:00", "2026-11-23T11:00:00"),
    ("0 30 9 * * *", "2026-11-23T09:30:00", "2026-11-24T09:30:00"),
    ("0 30 9 * * 1-5", "2026-11-20T10:00:00", "2026-11-23T09:30:00"),
    ("0 30 9 * * Mon-Fri", "2026-11-20T10:00:00", "2026-11-23T09:30:00"),
    ("0 0 0 * * sunday", "2026-11-23T00:00:00", "2026-11-29T00:00:00"),
    ("0 30 9 * Jan Mon", "2026-11-23T00:00:00", "2027-01-04T09:30:00"),
    ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
    ("0 0 0 13 * 5", "2026-01-01T00:00:00", "2026-02-13T00:00:00"),
    ("0 0 0 31 * *", "2026-04-01T00:00:00", "2026-05-31T00:00:00"),
    ("5,8,10 * * * * *", "2026-01-01T00:00:06", "2026-01-01T00:00:08"),
    ("0 0 5-7 * * *", "2026-01-01T07:00:00", "2026-01-02T05:00:00"),
    ("0 10-20/5 * * * *", "2026-01-01T00:15:00", "2026-01-01T00:20:00"),
    ("0 50/5 * * * *", "2026-01-01T00:50:00", "2026-01-01T00:55:00"),
    ("0 20-10 * * * *", "2026-01-01T00:20:00", "2026-01-01T01:10:00"),
]


@pytest.mark.parametrize(("expression", "after", "expected"), NEXT, ids=[f"{e} after {a}" for e, a, _ in NEXT])
def test_the_next_occurrence(expression, after, expected):
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse_schedule(expression).next_after(moment) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-07-01T00:00:00Z", "2026-07-01T07:30:00Z"),
        ("2026-12-01T00:00:00Z", "2026-12-01T08:30:00Z"),
        ("2026-10-25T00:30:00Z", "2026-10-25T08:30:00Z"),
    ],
    ids=["summer", "winter", "the night the clock goes back"],
)
def test_a_schedule_follows_the_clock_of_its_zone(after, expected):
    schedule = parse_schedule("0 30 9 * * *", ZoneInfo("Europe/Berlin"))
    assert schedule.next_after(datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


def test_every_minute_goes_on_through_both_clock_changes():
    schedule = parse_schedule("0 */30 * * * *", ZoneInfo("Europe/Berlin"))
    for start in ("2026-10-24T22:00:00Z", "2026-03-28T23:00:00Z"):
        moment = datetime.fromisoformat(start)
        for _ in range(20):
            following = schedule.next_after(moment)
            assert moment < following
            moment = following


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "*/0 * * * * *",
        "a * * * * *",
        "1- * * * * *",
        "0 0 0 31 2 *",
        "00:05:00",
    ],
)
def test_an_expression_that_is_not_ncrontab_is_refused(expression):
    with pytest.raises(ScheduleError):
        parse_schedule(expression)
