"""Who gets in: keys of roles, keys of one application, app roles of Entra ID; and that nobody does by default."""

import base64
import json

import pytest

from router_app.access import NOBODY, Access, Grant, Right, Role
from router_app.access_settings import read_access
from router_app.auth import require
from router_app.principal import grants_of_principal, parse_role
from router_app.problems import Problem

CLIENT_1, CLIENT_2 = "client-1-" + "c" * 20, "client-2-" + "c" * 20
RELEASE, ADMIN = "release-" + "r" * 20, "admin-" + "a" * 20
ORDERS_CLIENT, ORDERS_RELEASE, ORDERS_ADMIN = "orders-c" + "c" * 20, "orders-r" + "r" * 20, "orders-a" + "a" * 20
ACCESS = read_access(
    {
        "ROUTER_CLIENT_KEYS": f"{CLIENT_1}, {CLIENT_2},orders:{ORDERS_CLIENT}",
        "ROUTER_RELEASE_KEYS": f"{RELEASE},orders:{ORDERS_RELEASE}",
        "ROUTER_ADMIN_KEYS": f"{ADMIN},orders:{ORDERS_ADMIN},",
    }
)
CLOSED_RIGHTS = [right for right in Right if right is not Right.OPEN]


def refusal(right, key="", *, application="orders", access=ACCESS, headers=None, place="header"):
    sent = {**(headers or {}), **({"x-functions-key": key} if key and place == "header" else {})}
    query = {"code": key} if key and place == "query" else {}
    try:
        require(right, sent, query, access, application=application)
    except Problem as problem:
        return problem.kind.slug
    return None


def principal(*roles, auth_typ="aad", typ="roles"):
    claims = [{"typ": typ, "val": role} for role in roles]
    return base64.b64encode(json.dumps({"auth_typ": auth_typ, "role_typ": typ, "claims": claims}).encode()).decode()


@pytest.mark.parametrize(
    ("right", "key", "slug"),
    [
        (Right.CALL, CLIENT_1, None),
        (Right.CALL, CLIENT_2, None),
        (Right.CALL, ADMIN, None),
        (Right.CALL, RELEASE, "forbidden"),
        (Right.RELEASE, RELEASE, None),
        (Right.RELEASE, ADMIN, None),
        (Right.RELEASE, CLIENT_1, "forbidden"),
        (Right.READ, RELEASE, None),
        (Right.READ, CLIENT_1, "forbidden"),
        (Right.STEER, ADMIN, None),
        (Right.STEER, RELEASE, "forbidden"),
        (Right.STEER, CLIENT_1, "forbidden"),
        (Right.CALL, CLIENT_1[:-1], "unauthenticated"),
        (Right.CALL, "clé", "unauthenticated"),
        (Right.CALL, "\udcff", "unauthenticated"),
    ],
)
@pytest.mark.parametrize("place", ["header", "query"])
def test_a_key_opens_what_its_role_may_do(right, key, slug, place):
    assert refusal(right, key, place=place) == slug


@pytest.mark.parametrize("right", CLOSED_RIGHTS)
@pytest.mark.parametrize("headers", [{}, {"x-functions-key": ""}, {"x-functions-key": "anything"}])
def test_without_configured_keys_nobody_gets_in(right, headers):
    assert refusal(right, headers=headers, access=NOBODY) == "unauthenticated"


@pytest.mark.parametrize("right", CLOSED_RIGHTS)
def test_an_empty_key_opens_nothing_whatever_the_settings_are(right):
    access = read_access({"ROUTER_ADMIN_KEYS": " , ,", "ROUTER_CLIENT_KEYS": ""})
    assert access.keys == ()
    assert refusal(right, headers={"x-functions-key": ""}, access=access) == "unauthenticated"


def test_what_is_open_needs_no_key():
    assert refusal(Right.OPEN, access=NOBODY) is None


def test_a_key_shared_by_two_roles_opens_both():
    access = read_access({"ROUTER_CLIENT_KEYS": ADMIN, "ROUTER_RELEASE_KEYS": ADMIN})
    assert refusal(Right.CALL, ADMIN, access=access) is None
    assert refusal(Right.RELEASE, ADMIN, access=access) is None


@pytest.mark.parametrize(
    ("right", "key"), [(Right.CALL, ORDERS_CLIENT), (Right.READ, ORDERS_RELEASE), (Right.STEER, ORDERS_ADMIN)]
)
def test_a_key_of_one_application_opens_that_one_only(right, key):
    assert refusal(right, key, application="orders") is None
    assert refusal(right, key, application="billing") == "forbidden"
    assert refusal(right, key, application="%6frders") == "forbidden"
    # What is about all applications.
    assert refusal(right, key, application="") == "forbidden"


def test_a_key_of_one_application_has_its_role_only():
    assert refusal(Right.STEER, ORDERS_RELEASE) == "forbidden"


def test_one_key_may_be_for_several_applications():
    access = read_access({"ROUTER_CLIENT_KEYS": f"orders:{CLIENT_1},billing:{CLIENT_1}"})
    allowed = [
        name
        for name in ("orders", "billing", "other")
        if not refusal(Right.CALL, CLIENT_1, application=name, access=access)
    ]
    assert allowed == ["orders", "billing"]


@pytest.mark.parametrize(("right", "key"), [(Right.STEER, RELEASE), (Right.CALL, "s3cret-unknown-key")])
def test_a_refusal_does_not_repeat_the_key(right, key):
    with pytest.raises(Problem) as refused:
        require(right, {"x-functions-key": key}, {}, ACCESS, application="orders")
    assert key not in str(refused.value)


class TestEntraRoles:
    ACCESS = Access(ACCESS.keys, entra_roles=True)

    @pytest.mark.parametrize(
        ("role", "right", "application", "slug"),
        [
            ("client", Right.CALL, "orders", None),
            ("admin", Right.STEER, "orders", None),
            ("admin", Right.READ, "", None),
            ("client", Right.STEER, "orders", "forbidden"),
            ("orders.client", Right.CALL, "orders", None),
            ("orders.client", Right.CALL, "billing", "forbidden"),
            ("orders.admin", Right.READ, "", "forbidden"),
            ("Admin", Right.STEER, "orders", "forbidden"),
            ("somebody", Right.CALL, "orders", "forbidden"),
        ],
    )
    def test_an_app_role_opens_what_a_key_of_it_does(self, role, right, application, slug):
        headers = {"x-ms-client-principal": principal("something.else", role)}
        assert refusal(right, application=application, headers=headers, access=self.ACCESS) == slug

    @pytest.mark.parametrize("right", CLOSED_RIGHTS)
    def test_the_header_means_nothing_where_it_is_not_enabled(self, right):
        headers = {"x-ms-client-principal": principal("admin", "client", "release")}
        assert refusal(right, headers=headers) == "unauthenticated"

    def test_a_wrong_key_is_refused_whatever_the_principal_says(self):
        headers = {"x-ms-client-principal": principal("admin")}
        assert refusal(Right.STEER, "wrong", headers=headers, access=self.ACCESS) == "unauthenticated"

    @pytest.mark.parametrize(
        "header",
        [
            "not base64!",
            base64.b64encode(b"no json").decode(),
            base64.b64encode(b"[]").decode(),
            base64.b64encode(b"[" * 40_000).decode(),
            base64.b64encode(b'{"auth_typ": "aad", "claims": {"typ": "roles", "val": "admin"}}').decode(),
            base64.b64encode(b'{"auth_typ": "aad", "claims": ["admin", {"typ": "roles", "val": ["admin"]}]}').decode(),
            principal("admin", auth_typ="github"),
            principal("admin", typ="groups"),
            "A" * 100_000,
            "é",
        ],
    )
    def test_a_principal_that_is_none_of_entra_id_has_no_role(self, header):
        assert grants_of_principal(header) == frozenset()

    def test_the_other_name_of_a_role_claim_counts_too(self):
        header = principal("client", typ="http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
        assert grants_of_principal(header) == {Grant(Role.CLIENT)}

    @pytest.mark.parametrize(
        "value", ["", ".client", "Orders.client", "a.b.client", "orders.", "orders:client", " client"]
    )
    def test_what_is_not_written_like_a_role_is_none(self, value):
        assert parse_role(value) is None
