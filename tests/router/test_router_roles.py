"""Roles: who may do what, and that no key configured means that nobody may."""

import pytest

from router_app.auth import require
from router_app.problems import Problem
from router_app.settings import RoleKeys

KEYS = RoleKeys(client=("client-1", "client-2"), release=("release-1",), admin=("admin-1",))


@pytest.mark.parametrize(
    ("action", "key", "slug"),
    [
        ("call", "client-1", None),
        ("call", "client-2", None),
        ("call", "admin-1", None),
        ("call", "release-1", "forbidden"),
        ("release", "release-1", None),
        ("release", "admin-1", None),
        ("release", "client-1", "forbidden"),
        ("read", "release-1", None),
        ("read", "client-1", "forbidden"),
        ("steer", "admin-1", None),
        ("steer", "release-1", "forbidden"),
        ("steer", "client-1", "forbidden"),
        ("call", "client", "unauthenticated"),
        ("call", "clé", "unauthenticated"),
    ],
)
@pytest.mark.parametrize("place", ["header", "query"])
def test_a_key_opens_what_its_role_may_do(action, key, slug, place):
    headers = {"x-functions-key": key} if place == "header" else {}
    query = {"code": key} if place == "query" else {}
    assert _refusal(action, headers, query, KEYS) == slug


@pytest.mark.parametrize("action", ["call", "release", "read", "steer"])
@pytest.mark.parametrize("headers", [{}, {"x-functions-key": ""}, {"x-functions-key": "anything"}])
def test_without_configured_keys_nobody_gets_in(action, headers):
    assert _refusal(action, headers, {}, RoleKeys()) == "unauthenticated"


def test_a_key_shared_by_two_roles_opens_both():
    keys = RoleKeys(client=("both",), release=("both",))
    assert _refusal("call", {"x-functions-key": "both"}, {}, keys) is None
    assert _refusal("release", {"x-functions-key": "both"}, {}, keys) is None


def test_a_refusal_does_not_repeat_the_key():
    with pytest.raises(Problem) as refused:
        require("steer", {"x-functions-key": "release-1"}, {}, KEYS)
    assert "release-1" not in str(refused.value)


def _refusal(action, headers, query, keys):
    try:
        require(action, headers, query, keys)
    except Problem as problem:
        return problem.kind.slug
    return None
