"""Names of applications, and ids of instances and sagas."""

from datetime import timedelta

import pytest
from registry_builders import NOW

from version_registry import identifiers
from version_registry.errors import InvalidNameError


@pytest.mark.parametrize("name", ["o", "orders", "orders-2", "a" * 24])
def test_an_application_name_is_accepted(name):
    assert identifiers.check_application(name) == name


@pytest.mark.parametrize("name", ["", "2orders", "Orders", "orders_2", "a" * 25, "or/ders", "orders\n", "-o"])
def test_what_is_no_application_name_is_refused(name):
    with pytest.raises(InvalidNameError):
        identifiers.check_application(name)


@pytest.mark.parametrize("key", ["a", "order-17", "a.b_c:d@e=f+g,h", "x" * 150])
def test_a_public_id_is_taken_apart_again(key):
    public_id = identifiers.make_public_id("1.4", key)
    assert identifiers.parse_public_id(str(public_id)) == public_id


@pytest.mark.parametrize("key", ["", "@entity", "a~b", "a/b", "a b", "a?b", "a#b", "é", "x" * 151, "a\n"])
def test_a_key_that_would_break_an_id_is_refused(key):
    with pytest.raises(InvalidNameError):
        identifiers.make_public_id("1.4", key)


@pytest.mark.parametrize("text", ["", "abc", "~abc", "1.4~", "1.4~a~b"])
def test_what_is_no_public_id_is_refused(text):
    with pytest.raises(InvalidNameError):
        identifiers.parse_public_id(text)


def test_a_whole_id_is_bounded():
    with pytest.raises(InvalidNameError, match="200"):
        identifiers.make_public_id("1" * 60, "x" * 150)


def test_saga_ids_name_what_they_work_on():
    public_id = identifiers.make_public_id("1.4", "abc")
    assert [
        identifiers.deploy_id("orders", "1.4.2", 7),
        identifiers.retire_id("orders", "1.4", 2, 7),
        identifiers.start_id("orders", public_id),
        identifiers.monitor_id("orders"),
    ] == ["deploy~orders~1.4.2~7", "retire~orders~1.4~g2~7", "start~orders~1.4~abc", "monitor~orders"]


def test_an_attempt_has_a_new_number_for_a_new_table_or_a_new_minute():
    first = identifiers.attempt_number(7, NOW)
    assert identifiers.attempt_number(7, NOW + timedelta(seconds=59)) == first
    assert identifiers.attempt_number(8, NOW) != first
    assert identifiers.attempt_number(7, NOW + timedelta(seconds=60)) != first
