"""Persisted JSON: what was written is read again, also what an older router wrote."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_builders import NOW, a_count, a_current_line, a_line, a_table

from version_registry.codec import decode, decode_table, encode, encode_table
from version_registry.errors import MalformedError, UnknownSchemaError
from version_registry.model import (
    Count,
    Line,
    LineStatus,
    Policy,
    PromotePolicy,
    Ramp,
    Release,
    RetiredStarts,
    RoutingTable,
)

FIXTURE = Path(__file__).parent / "fixtures" / "routing_table.schema-1.json"

times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(max_size=20)
lines = st.builds(
    Line,
    name=texts,
    status=st.sampled_from(LineStatus),
    releases=st.lists(st.builds(Release, version=texts, digest=texts, registered_at=times), max_size=3).map(tuple),
    past=st.dictionaries(texts, texts, max_size=3).map(MappingProxyType),
    last_count=st.none() | st.builds(Count, at=times, unfinished=st.none() | st.integers(0, 9), reason=texts),
    receipt=st.none(),
    held_since=st.none() | times,
    waiting=st.lists(texts, max_size=3).map(tuple),
)
tables = st.builds(
    RoutingTable,
    application=texts,
    generation=st.integers(0, 10**9),
    lines=st.dictionaries(texts, lines, max_size=4).map(MappingProxyType),
    current=st.none() | texts,
    ramp=st.none() | st.builds(Ramp, line=texts, percent=st.integers(1, 100)),
    policy=st.builds(
        Policy,
        promote=st.sampled_from(PromotePolicy),
        retired_starts=st.sampled_from(RetiredStarts),
        sunset_delay=st.timedeltas(timedelta(0), timedelta(days=365)),
        keep_last=st.integers(0, 9),
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy with other tests
@given(tables)
def test_every_table_survives_a_round_trip_through_text(table):
    assert decode_table(json.loads(json.dumps(encode_table(table)))) == table


def test_a_table_with_a_line_in_every_status_survives_a_round_trip():
    closing = [a_line(f"1.{number}", status) for number, status in enumerate(LineStatus)]
    table = a_table(*closing, a_current_line("2.0", last_count=a_count(3)), current="2.0")
    assert decode_table(json.loads(json.dumps(encode_table(table)))) == table


def test_a_table_of_schema_1_can_still_be_read_and_says_the_same():
    document = json.loads(FIXTURE.read_text())
    table = decode_table(document)

    assert (table.application, table.current, sorted(table.lines)) == (
        "orders",
        "1.1",
        ["1.0", "1.1", "1.2", "1.3.0rc1"],
    )
    assert table.lines["1.0"].status is LineStatus.RETIRED
    assert table.lines["1.0"].receipt.deleted == ("app-1.0-g1", "plan-of-app-1.0-g1")
    assert [count.unfinished for count in table.lines["1.0"].receipt.counts] == [0, 0, 0]
    assert table.policy.sunset_delay == timedelta(hours=2)
    # What has been added since takes its default, and nothing is lost on the way.
    assert decode_table(encode_table(table)) == table


def test_a_packed_table_of_schema_2_can_still_be_read():
    packed = json.loads(FIXTURE.with_name("routing_table.schema-2.json").read_text())
    assert decode_table(packed) == decode_table(json.loads(FIXTURE.read_text()))


def test_fields_that_are_absent_take_their_defaults_and_unknown_ones_are_ignored():
    document = {"schema_version": 1, "application": "orders", "invented_later": 1}
    assert decode_table(document) == RoutingTable("orders")


def test_times_are_written_in_utc_with_a_z():
    assert encode(a_count(at=NOW))["at"] == "2026-03-01T12:00:00Z"
    assert decode(Count, {"at": "2026-03-01T13:00:00+01:00", "unfinished": None}) == Count(NOW, None)


def test_durations_are_written_in_seconds():
    assert encode(Policy(sunset_delay=timedelta(minutes=1.5)))["sunset_delay"] == 90.0


@pytest.mark.parametrize("version", [None, 0, 3, "1"])
def test_another_schema_is_refused(version):
    with pytest.raises(UnknownSchemaError):
        decode_table({"schema_version": version, "application": "orders"})


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (Policy, {"keep_last": "two"}),
        (Policy, {"sunset_delay": "long"}),
        (Policy, {"promote": "never"}),
        (Count, {"unfinished": 0}),
        (Count, {"at": 7, "unfinished": 0}),
        (RoutingTable, {"application": "orders", "lines": []}),
    ],
    ids=["text for a number", "text for a duration", "no such word", "a time is missing", "no time", "list for a map"],
)
def test_what_is_malformed_is_refused_with_one_error(kind, document):
    with pytest.raises(MalformedError, match=kind.__name__):
        decode(kind, document)
