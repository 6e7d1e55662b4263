"""The worker's reader of history timestamps gives what the SDK's own gives."""

from datetime import datetime

import pytest
from dateutil.parser import parse
from hypothesis import given
from hypothesis import strategies as st

from local_azure.functions_host.worker.timestamps import timestamp_reader


@given(st.datetimes(), st.booleans())
def test_the_hosts_form_is_read_into_what_dateutil_reads(moment: datetime, whole_seconds: bool) -> None:
    text = moment.replace(microsecond=0).isoformat() if whole_seconds else moment.isoformat(timespec="microseconds")
    expected = parse(f"{text}Z")
    asked: list[str] = []

    def slow(timestamp: str) -> datetime:
        asked.append(timestamp)
        return parse(timestamp)

    read = timestamp_reader(slow)
    asked.clear()
    fast = read(f"{text}Z")
    assert (fast, repr(fast.tzinfo), asked) == (expected, repr(expected.tzinfo), [])


@pytest.mark.parametrize(
    "text", ["2026-11-23T20:08:26+01:00", "2026-11-23T20:08:26.1234567Z", "2026-11-23 20:08:26", "23 Nov 2026"]
)
def test_any_other_form_is_left_to_dateutil(text: str) -> None:
    assert timestamp_reader(parse)(text) == parse(text)
