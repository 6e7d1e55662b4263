"""The limit of version apps: who holds the places, what blocks them, and when a release needs one more."""

import pytest
from registry_builders import HOUR, NOW, a_count, a_current_line, a_line, a_policy, a_table

from version_registry.model import LineStatus, Timings
from version_registry.places import Place, explain_limit, held_places, needs_place

EMPTY = {"quiet_since": NOW - HOUR, "last_count": a_count(at=NOW - HOUR)}


def held(*tables):
    return held_places(tables, NOW, Timings())


@pytest.mark.parametrize(
    ("status", "needs"),
    [
        (LineStatus.REGISTERED, True),
        (LineStatus.RETIRED, True),
        (LineStatus.PROVISIONING, False),
        (LineStatus.LIVE, False),
        (LineStatus.DRAINING, False),
        (LineStatus.RETIRING, False),
    ],
)
def test_only_a_line_without_an_app_needs_a_place(status, needs):
    assert needs_place(a_table(a_line("1.0", status)), "1.0") is needs


def test_a_line_that_nobody_knows_needs_a_place():
    assert needs_place(None, "1.0")
    assert needs_place(a_table(a_line("1.0")), "1.1")


def test_places_are_listed_from_the_next_to_be_free_to_the_current_lines():
    orders = a_table(
        a_line("1.0", last_count=a_count(3)),
        a_line("1.1", LineStatus.RETIRED),
        a_line("1.2", LineStatus.RETIRING, condition="its app could not be deleted yet: a lock"),
        a_line("1.10", LineStatus.PROVISIONING),
        a_line("1.3", **EMPTY),
        a_line("1.4", keep="an audit"),
        a_line("1.5", LineStatus.DRAINING),
        a_line("1.6", LineStatus.REGISTERED),
        a_current_line("2.0"),
        current="2.0",
        policy=a_policy(),
    )

    assert held(orders) == (
        Place(
            "orders", "1.2", LineStatus.RETIRING, "on its way to be retired; its app could not be deleted yet: a lock"
        ),
        Place("orders", "1.5", LineStatus.DRAINING, "on its way to be retired"),
        Place("orders", "1.0", LineStatus.LIVE, "3 unfinished instances"),
        Place("orders", "1.3", LineStatus.LIVE, "about to be retired"),
        Place("orders", "1.4", LineStatus.LIVE, "kept: an audit"),
        Place("orders", "1.10", LineStatus.PROVISIONING, "its app is being made"),
        Place("orders", "2.0", LineStatus.LIVE, "current"),
    )


PLACES = tuple(
    Place("orders", f"1.{number}", LineStatus.LIVE, f"{number} unfinished instances") for number in range(12)
)


@pytest.mark.parametrize(("limit", "full"), [(13, False), (12, True), (11, True)])
def test_the_limit_is_reached_with_the_last_place(limit, full):
    assert bool(explain_limit(PLACES, limit)) is full


def test_the_refusal_names_the_lines_and_what_blocks_them():
    assert explain_limit(PLACES[2:3], 1) == (
        "The router may have 1 version app (ROUTER_MAX_APPS), and has them: orders 1.2 (2 unfinished instances). "
        "Retire a line, or raise the limit, here and in the subscription."
    )
    assert "orders 1.9 (9 unfinished instances) and 2 more." in explain_limit(PLACES, 12)
