"""Claims of idempotency keys: one winner each, attempts in a row, and nothing lost on the way to the store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from provisioning import Claim, Claims, open_store

CLAIM = Claim("1.0~key-1", "digest", datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def claims(tmp_path):
    return Claims(open_store(tmp_path.as_uri()))


def test_what_was_claimed_is_found_by_every_process(claims, tmp_path):
    assert claims.find("orders", "k") is None
    assert claims.make("orders", "k", CLAIM)
    assert Claims(open_store(tmp_path.as_uri())).find("orders", "k") == CLAIM
    assert claims.find("billing", "k") is None


def test_of_many_who_claim_at_once_one_wins(claims):
    wishes = [replace(CLAIM, instance_id=f"1.{number}~k") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda claim: claims.make("orders", "k", claim), wishes))
    assert won.count(True) == 1
    assert claims.find("orders", "k") == wishes[won.index(True)]


def test_a_settled_claim_says_that_its_start_was_accepted(claims):
    claims.make("orders", "k", CLAIM)
    claims.settle("orders", "k", CLAIM)
    assert claims.find("orders", "k") == replace(CLAIM, delivered=True)


def test_the_latest_attempt_counts_and_is_made_once(claims):
    second = replace(CLAIM, instance_id="1.1~key-1", attempt=1)
    claims.make("orders", "k", CLAIM)
    assert claims.make("orders", "k", second)
    assert not claims.make("orders", "k", replace(second, instance_id="1.2~key-1"))
    assert claims.find("orders", "k") == second


def test_a_withdrawn_claim_leaves_the_key_free(claims):
    claims.make("orders", "k", CLAIM)
    claims.withdraw("orders", "k", CLAIM)
    assert claims.find("orders", "k") is None
    assert claims.make("orders", "k", CLAIM)
