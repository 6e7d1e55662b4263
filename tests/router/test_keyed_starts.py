"""The shell's decisions about repeats: when a claim counts as abandoned, and what counts as the same body."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioning import Claim
from router_app.http.start_requests import digest_input, is_out_of_time
from version_registry.model import Timings

TIMINGS = Timings()
CLAIMED = datetime(2026, 3, 1, tzinfo=UTC)
LAST_SENDER = TIMINGS.forward_deadline + TIMINGS.drain_margin


@pytest.mark.parametrize(
    ("age", "out_of_time"),
    [
        pytest.param(timedelta(0), False, id="just made"),
        pytest.param(LAST_SENDER, False, id="nobody sends it any more, but it may not be visible yet"),
        pytest.param(LAST_SENDER + TIMINGS.visibility_delay, False, id="at the last moment"),
        pytest.param(LAST_SENDER + TIMINGS.visibility_delay + timedelta(seconds=1), True, id="after that"),
    ],
)
def test_a_claim_is_given_up_only_when_its_start_can_neither_be_sent_nor_be_hidden(age, out_of_time):
    assert is_out_of_time(Claim("1.0~k", "d", CLAIMED), CLAIMED + age, TIMINGS) is out_of_time


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }', True),
        ("", "", True),
        ("", "null", False),
        ('{"a":1}', '{"a":2}', False),
        ("[1,2]", "[2,1]", False),
        ('"1"', "1", False),
    ],
)
def test_bodies_are_compared_as_json(one, other, same):
    assert (digest_input(one) == digest_input(other)) is same
