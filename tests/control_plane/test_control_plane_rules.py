"""The pure parts: tables of what is decided."""

import pytest
from packaging.version import Version

from local_azure.control_plane.arm.calls import arm_route, match
from local_azure.control_plane.arm.errors import ArmError
from local_azure.control_plane.arm.filters import parse_filter, passes
from local_azure.control_plane.arm.tags import patched_tags
from local_azure.control_plane.hosting.restarts import next_restart_delay
from local_azure.control_plane.kudu.requirements import unmet_requirements


def test_restarts_come_at_once_then_slow_down_and_start_over_after_a_healthy_minute():
    delays: list[float | None] = [None]
    for _ in range(8):
        delays.append(next_restart_delay(delays[-1], ran_for=0.1))
    assert delays[1:] == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert next_restart_delay(30.0, ran_for=60.0) == 0.0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("tagName eq 'a' and tagValue eq 'b'", {"tagname": "a", "tagvalue": "b"}),
        ("TAGNAME EQ 'a' AND tagvalue eq 'it''s'", {"tagname": "a", "tagvalue": "it's"}),
        ("tagName eq 'x and y'", {"tagname": "x and y"}),
        ("  resourceType eq 'Microsoft.Web/sites' ", {"resourcetype": "Microsoft.Web/sites"}),
    ],
)
def test_filters_are_read(text, wanted):
    assert parse_filter(text) == wanted


@pytest.mark.parametrize("text", ["tagName", "tagName eq 'a' or tagValue eq 'b'", "tagName eq 'a' and", "color eq 'x'"])
def test_filters_that_are_not_understood_are_no_empty_filters(text):
    with pytest.raises(ArmError):
        parse_filter(text)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, True),
        ({"tagname": "ROUTER"}, True),
        ({"tagname": "router", "tagvalue": "r1"}, True),
        ({"tagname": "router", "tagvalue": "R1"}, False),
        ({"tagname": "other"}, False),
        ({"resourcetype": "microsoft.web/SITES"}, True),
        ({"resourcetype": "Microsoft.Web/serverfarms"}, False),
    ],
)
def test_tag_names_compare_without_case_and_values_with_it(wanted, expected):
    given = {"kind": "Microsoft.Web/sites", "name": "orders", "location": "eastus2", "tags": {"router": "r1"}}
    assert passes(wanted, **given) is expected


@pytest.mark.parametrize(
    ("operation", "after"),
    [("merge", {"a": "1", "b": "9", "c": "3"}), ("replace", {"b": "9", "c": "3"}), ("delete", {"a": "1", "b": "2"})],
)
def test_tags_are_patched(operation, after):
    assert patched_tags({"a": "1", "b": "2"}, operation, {"b": "9", "c": "3"}) == after


@pytest.mark.parametrize(
    ("line", "unmet"),
    [
        ("alpha", False),
        ("alpha==1.5", False),
        ("Alpha>=1,<2  # a comment", False),
        ("alpha>=2", True),
        ("beta", True),
        ("beta ; python_version < '3'", False),
        ("-r more.txt", True),
        ("alpha @ https://example.org/alpha.zip", True),
        ("alpha[extra]", True),
        ("# only a comment", False),
        ("", False),
    ],
)
def test_requirements_are_compared_with_what_is_installed(line, unmet):
    installed = {"alpha": Version("1.5")}
    assert bool(unmet_requirements(line, lambda name: installed.get(name.lower()))) is unmet


@pytest.mark.parametrize(
    "path",
    ["/subscriptions/s/resourcegroups/G/sites/A", "/SUBSCRIPTIONS/s/resourceGroups/G/Sites/A/"],
)
def test_routes_match_without_case_and_keep_the_spelling_of_names(path):
    async def endpoint(_):
        raise AssertionError

    routes = [arm_route("GET", "/subscriptions/{s}/resourceGroups/{group}/sites/{site}", endpoint)]
    assert match(routes, "GET", path) == (endpoint, {"s": "s", "group": "G", "site": "A"})
