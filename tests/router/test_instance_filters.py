"""What the filters of queries and purges mean."""

from datetime import UTC, datetime

import pytest

from router_app.http.call import Call
from router_app.http.instance_filters import InstanceFilter, read_filter
from router_app.problems import Problem

STATUS = {"instanceId": "1.0~a", "runtimeStatus": "Completed", "createdTime": "2026-04-09T10:00:00Z"}


def asked(**query):
    return read_filter(Call("GET", "https://r/api/orders/instances", {}, query, {}, b"", None))


def test_filters_are_read_as_durable_reads_them():
    found = asked(
        runtimeStatus="running,  Completed,",
        createdTimeFrom="2026-04-09T10:00:00 02:00",
        createdTimeTo="2026-04-09",
        instanceIdPrefix="1.0~",
    )
    assert found == InstanceFilter(
        frozenset({"Running", "Completed"}),
        datetime(2026, 4, 9, 8, tzinfo=UTC),
        datetime(2026, 4, 9, tzinfo=UTC),
        "1.0~",
    )
    assert found.as_query() == {
        "runtimeStatus": "Running,Completed",
        "createdTimeFrom": "2026-04-09T08:00:00.000000Z",
        "createdTimeTo": "2026-04-09T00:00:00.000000Z",
        "instanceIdPrefix": "1.0~",
    }
    assert asked().as_query() == {}


@pytest.mark.parametrize(
    "query",
    [
        {"runtimeStatus": "done"},
        {"runtimeStatus": "Running,done"},
        {"createdTimeFrom": "yesterday"},
        {"createdTimeTo": "2026-13-01T00:00:00Z"},
        {"createdTimeTo": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_what_cannot_be_understood_is_refused(query):
    with pytest.raises(Problem, match="invalid-parameter"):
        asked(**query)


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ({}, True),
        ({"runtimeStatus": "Failed,Completed"}, True),
        ({"runtimeStatus": "Failed"}, False),
        ({"instanceIdPrefix": "1.0~"}, True),
        ({"instanceIdPrefix": "1.1~"}, False),
        # The app said when to the second only.
        ({"createdTimeFrom": "2026-04-09T10:00:00.7Z"}, True),
        ({"createdTimeFrom": "2026-04-09T10:00:01Z"}, False),
        ({"createdTimeTo": "2026-04-09T10:00:00Z"}, True),
        ({"createdTimeTo": "2026-04-09T09:59:59Z"}, False),
    ],
)
def test_what_is_archived_is_filtered_as_an_app_filters(query, matches):
    assert asked(**query).matches(STATUS) is matches


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", ""),
        ("1", "1"),
        ("1.0", "1.0"),
        ("1.0~", "1.0~"),
        ("1.0~ab", "1.0~ab"),
        ("1.1~ab", "1.1~ab"),
        ("ab", "1.0~ab"),
        ("1.1", "1.0~1.1"),
    ],
)
def test_a_prefix_may_leave_out_the_line(prefix, expected):
    assert asked(instanceIdPrefix=prefix).of_line("1.0").prefix == expected
