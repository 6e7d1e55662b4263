"""Every function of the route table refuses whoever has no right to it, on a real router, and nothing is changed."""

import base64
import itertools
import json
import re
from dataclasses import dataclass

import httpx
import pytest
from router_driver import problem_of
from stack_with import driver_of, stack_with
from version_package import zip_version

from devstack.keys import load_or_create_keys
from router_app.access import ALLOWED, Right, Role
from router_app.http.openapi.routes import expand_route
from router_app.http.operations import Operation
from router_app.http.route_table import OPERATIONS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

OWN, OTHER = "guarded", "elsewhere"
SCOPED = {(role, name): f"{name}-only-{role}-{'k' * 16}" for role in Role for name in (OWN, OTHER)}
PARTS = {
    "application": OWN,
    "version": "1.0.0",
    "name": "echo",
    "instanceId": "1.0~nobody",
    "event": "go",
    "line": "1.0",
    "path": "about",
}


@dataclass(frozen=True)
class Target:
    """One way to call a function."""

    operation: Operation
    verb: str
    path: str


CLOSED = [operation for operation in OPERATIONS if operation.right is not Right.OPEN]
CALLS = [
    pytest.param(Target(operation, verb, path), id=f"{operation.name}-{verb}-{path.count('/')}")
    for operation in CLOSED
    for path in expand_route(operation.route)
    for verb in operation.verbs
]


@dataclass(frozen=True)
class Guarded:
    """The router under test, with the keys of all its roles."""

    http: httpx.Client
    keys: dict[Role, str]

    def send(self, verb: str, path: str, headers: dict[str, str]) -> httpx.Response:
        return self.http.request(verb, re.sub(r"\{(\w+)\}", lambda part: PARTS[part[1]], path), headers=headers)


def principal(*roles: str) -> str:
    claims = [{"typ": "roles", "val": role} for role in roles]
    return base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A router of its own: it has keys that are for one application only."""
    folder = tmp_path_factory.mktemp("guarded")
    keys = load_or_create_keys(folder / "keys.json")
    lists = {
        f"ROUTER_{role.name}_KEYS": ",".join(
            [getattr(keys, role.value), *(f"{name}:{SCOPED[role, name]}" for name in (OWN, OTHER))]
        )
        for role in Role
    }
    with stack_with(folder, **lists) as stack:
        driver = driver_of(stack, OWN)
        driver.deploy("1.0.0", zip_version("1.0.0"))
        yield stack, driver
        driver.close()


@pytest.fixture(scope="module")
def guarded(running):
    stack, _ = running
    keys = {role: getattr(stack.keys, role.value) for role in Role}
    with httpx.Client(base_url=stack.url, timeout=30) as http:
        yield Guarded(http, keys)


@pytest.fixture(scope="module", autouse=True)
def unchanged(running):
    """Nothing that any of these tests sends may change the table or start anything."""
    _, driver = running
    before = driver.routes()
    listed = driver.call("client", "GET", "/instances").json()
    yield
    after = driver.routes()
    assert (after["generation"], after["policy"]) == (before["generation"], before["policy"])
    assert driver.call("client", "GET", "/instances").json() == listed


def refused(response: httpx.Response, status: int, slug: str) -> None:
    if response.request.method == "HEAD":
        assert response.status_code == status
        return
    assert (response.status_code, problem_of(response)) == (status, slug), response.text


@pytest.mark.parametrize("target", CALLS)
class TestEveryCall:
    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({}, id="no key"),
            pytest.param({"x-functions-key": ""}, id="an empty key"),
            pytest.param({"x-functions-key": "w" * 43}, id="a wrong key"),
            pytest.param({"Authorization": "Bearer e30.e30."}, id="a token that nobody checked"),
            pytest.param(
                {"X-MS-CLIENT-PRINCIPAL": principal(*Role), "X-MS-CLIENT-PRINCIPAL-IDP": "aad"}, id="a forged principal"
            ),
        ],
    )
    def test_strangers_are_refused(self, guarded, target, headers):
        refused(guarded.send(target.verb, target.path, headers), 401, "unauthenticated")

    def test_keys_of_other_roles_are_refused(self, guarded, target):
        for role in set(Role) - ALLOWED[target.operation.right]:
            for key in (guarded.keys[role], SCOPED[role, OWN]):
                refused(guarded.send(target.verb, target.path, {"x-functions-key": key}), 403, "forbidden")

    def test_keys_for_another_application_are_refused(self, guarded, target):
        for role in Role:
            refused(guarded.send(target.verb, target.path, {"x-functions-key": SCOPED[role, OTHER]}), 403, "forbidden")

    def test_a_part_of_a_key_and_a_key_with_more_are_refused(self, guarded, target):
        key = guarded.keys[Role.ADMIN]
        for wrong in (key[:-1], key + "x", key.swapcase(), f"{OWN}:{SCOPED[Role.ADMIN, OWN]}"):
            refused(guarded.send(target.verb, target.path, {"x-functions-key": wrong}), 401, "unauthenticated")


@pytest.mark.parametrize("operation", [one for one in CLOSED if "GET" in one.verbs], ids=lambda one: one.name)
def test_whoever_has_the_right_is_let_in(guarded, operation: Operation):
    path = expand_route(operation.route)[-1]
    about_one = "{application}" in operation.route
    for role, scope in itertools.product(ALLOWED[operation.right], ("", OWN)):
        key = SCOPED[role, OWN] if scope else guarded.keys[role]
        response = guarded.send("GET", path, {"x-functions-key": key})
        # A key for one application does not open what is about all of them.
        assert (response.status_code in (401, 403)) is bool(scope and not about_one), response.text


@pytest.mark.parametrize("spelling", ["%67uarded", "GUARDED", "guarded%00", "elsewhere%2F..%2Fguarded", "guarded%20"])
def test_no_spelling_of_an_application_gets_past_a_key_that_is_for_another(guarded, spelling):
    response = guarded.http.get(f"/api/{spelling}/routes", headers={"x-functions-key": SCOPED[Role.ADMIN, OTHER]})
    assert response.status_code in (400, 403, 404), response.text
    assert "lines" not in response.text


def test_a_new_route_cannot_be_declared_without_a_right():
    with pytest.raises(TypeError, match="right"):
        Operation(name="new", methods="GET", route="new", answerer=None, summary="", answers={})  # type: ignore[call-arg]
