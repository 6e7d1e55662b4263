"""App roles of Entra ID on a real router: the tests stand where the platform's built-in authentication does."""

import base64
import json

import pytest
from router_driver import RouterDriver, problem_of
from stack_with import driver_of, stack_with
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    settings = {"ROUTER_ENTRA_ROLES": "true", "WEBSITE_AUTH_ENABLED": "True", "ROUTER_MAX_APPS": "1"}
    with stack_with(tmp_path_factory.mktemp("entra"), **settings) as stack:
        yield stack


@pytest.fixture(scope="module")
def orders(running):
    driver = driver_of(running, "orders")
    driver.deploy("1.0.0", zip_version("1.0.0"))
    yield driver
    driver.close()


def signed_in(*roles: str, **more: str) -> dict[str, str]:
    claims = [{"typ": "roles", "val": role} for role in roles]
    principal = {"auth_typ": "aad", "name_typ": "name", "role_typ": "roles", "claims": claims}
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(principal).encode()).decode(), **more}


def send(driver: RouterDriver, method: str, path: str, headers: dict[str, str], **sent):
    return driver.http.request(method, path, headers=headers, **sent)


@pytest.mark.parametrize(
    ("roles", "method", "path", "status"),
    [
        (["client"], "POST", "/orchestrations/echo", 202),
        (["orders.client"], "POST", "/orchestrations/echo", 202),
        (["unheard.of", "orders.client"], "GET", "/instances", 200),
        (["admin"], "GET", "/routes", 200),
        (["orders.release"], "GET", "/releases", 200),
        (["client"], "GET", "/routes", 403),
        (["billing.admin"], "GET", "/routes", 403),
        ([], "GET", "/routes", 403),
    ],
)
def test_an_app_role_opens_what_a_key_of_it_does(orders, roles, method, path, status):
    assert send(orders, method, path, signed_in(*roles)).status_code == status


def test_keys_still_open_their_roles(orders):
    assert orders.call("admin", "GET", "/routes").status_code == 200


def test_a_wrong_key_is_not_saved_by_a_role(orders):
    response = send(orders, "GET", "/routes", signed_in("admin", **{"x-functions-key": "w" * 40}))
    assert (response.status_code, problem_of(response)) == (401, "unauthenticated")


def test_an_app_is_not_given_the_token_that_opens_the_router(orders):
    token = {"Authorization": "Bearer for-the-router"}
    response = send(orders, "GET", "/v/1.0/http/about/me", signed_in("orders.client", **token))
    assert response.status_code == 200, response.text
    seen = {name.lower() for name in response.json()["headers"]}
    assert seen & {"authorization", "x-ms-client-principal"} == set()


def test_a_key_beside_the_token_does_not_take_the_token_to_the_app(orders):
    sent = {
        "Authorization": "Bearer for-the-router",
        "X-ZUMO-AUTH": "session",
        "x-functions-key": orders.keys["client"],
    }
    response = send(orders, "GET", "/v/1.0/http/about/me", signed_in("orders.client", **sent))
    assert response.status_code == 200, response.text
    seen = {name.lower() for name in response.json()["headers"]}
    assert seen & {"authorization", "x-zumo-auth", "x-ms-client-principal"} == set()


def test_an_app_is_given_a_token_of_its_own(orders):
    response = orders.call("client", "GET", "/v/1.0/http/about/me", headers={"Authorization": "Bearer for-the-app"})
    seen = {name.lower(): value for name, value in response.json()["headers"].items()}
    assert seen["authorization"] == "Bearer for-the-app"


def test_a_role_for_one_application_is_told_nothing_of_the_others(orders, running):
    """Where the limit of version apps is reached, those who see all of them are told who holds the places."""
    billing = driver_of(running, "billing")
    zipped = zip_version("1.0.0")
    told = send(billing, "PUT", "/releases/1.0.0", signed_in("release"), content=zipped)
    assert (told.status_code, problem_of(told)) == (409, "app-limit")
    assert "orders 1.0 (current)" in told.json()["detail"]
    scoped = send(billing, "PUT", "/releases/1.0.0", signed_in("billing.release"), content=zipped)
    assert (scoped.status_code, problem_of(scoped)) == (409, "app-limit")
    assert "1 of other applications" in scoped.json()["detail"]
    assert (scoped.json()["places"], "orders" in scoped.text) == ([], False)
    billing.close()
