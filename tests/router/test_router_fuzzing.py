"""Generated requests to every operation of the served OpenAPI: nothing fails, and every answer is documented."""

from urllib.parse import unquote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from router_driver import problem_of
from schemathesis import checks
from stack_with import driver_of, stack_with
from version_package import zip_version

from router_app.access import Right
from router_app.http.openapi.document import describe_api
from router_app.http.route_table import OPERATIONS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

APPLICATION = "fuzzed"
DOCUMENT = describe_api(OPERATIONS)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
HOSTS_OWN_404 = "404: Not Found"
THERE = {"application": APPLICATION, "version": "1.0.0", "line": "1.0", "name": "echo", "instanceId": "1.0~ended"}
UNROUTED = set("\n\r/\\.")
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    # Not the explicit ones, of which schemathesis makes seventy for each operation: they take minutes.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer("application/zip")
def send_as_it_is(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def no_failure(ctx, response, case):
    """No 5xx, but the 503 that says when to come again."""
    if response.status_code == 503:
        assert response.headers["retry-after"], response.text
        return
    assert response.status_code < 500, response.text


CHECKS = [
    no_failure,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    with stack_with(tmp_path_factory.mktemp("fuzzed"), ROUTER_PACKAGE_HOSTS="packages.invalid") as stack:
        driver = driver_of(stack, APPLICATION)
        driver.deploy("1.0.0", zip_version("1.0.0"))
        driver.finished(driver.start("echo", {}, key="ended").json()["id"])
        yield driver
        driver.close()


def test_the_document_that_is_served_is_the_one_that_is_tested(fuzzed):
    response = httpx.get(f"{fuzzed.url}/api/openapi.json")
    assert response.status_code == 200
    served = response.json()
    assert served.pop("servers") == [{"url": fuzzed.url}]
    assert served == DOCUMENT


def wrong_value(schema):
    """A value that the schema of a parameter does not take; None if it takes any."""
    if schema.get("type") in ("boolean", "integer", "number") or "enum" in schema or "pattern" in schema:
        return "!"
    return "x" * (schema["maxLength"] + 1) if "maxLength" in schema else None


# Calls of clients are left out: they read what Durable's API reads, as leniently.
STRICT = {operation.name for operation in OPERATIONS if operation.right in (Right.READ, Right.RELEASE, Right.STEER)}
WRONG_PARAMETERS = [
    pytest.param(method, path, parameter["in"], parameter["name"], wrong, id=f"{method} {path} {parameter['name']}")
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
    for parameter in described["parameters"]
    if described["operationId"] in STRICT and parameter["in"] != "path"
    if (wrong := wrong_value(parameter["schema"]))
]
OBJECT_BODIES = [
    pytest.param(method, path, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
    if described["operationId"] in STRICT and "$ref" in str(described.get("requestBody"))
]


def fill(path):
    return path.format(**THERE, path="about", event="go")


@pytest.mark.parametrize(("method", "path", "place", "name", "wrong"), WRONG_PARAMETERS)
def test_what_the_document_says_of_a_parameter_is_what_is_checked(fuzzed, method, path, place, name, wrong):
    headers = {"x-functions-key": fuzzed.keys["admin"], **({name: wrong} if place == "header" else {})}
    params = {name: wrong} if place == "query" else {}
    body = {"percent": 1} if path.endswith("/ramp") else None
    response = httpx.request(method, fuzzed.url + fill(path), headers=headers, params=params, json=body)
    assert (response.status_code, problem_of(response)) == (400, "invalid-parameter"), response.text
    assert name in response.json()["detail"]


@pytest.mark.parametrize(("method", "path"), OBJECT_BODIES)
@pytest.mark.parametrize("body", [{"colour": "red"}, ["red"], "red"], ids=["an unknown member", "a list", "a text"])
def test_what_the_document_says_of_a_body_is_what_is_checked(fuzzed, method, path, body):
    headers = {"x-functions-key": fuzzed.keys["admin"]}
    response = httpx.request(method, fuzzed.url + fill(path), headers=headers, json=body)
    assert (response.status_code, problem_of(response)) == (400, "invalid-body"), response.text


@SCHEMA.parametrize()
@FEW
def test_every_answer_is_a_documented_one(case, fuzzed):
    """Without a key, with one, and about an application that is there: what is generated names none."""
    with_key = {"x-functions-key": fuzzed.keys["admin"]}
    refused = send(case, fuzzed, {"x-functions-key": ""})
    assert refused is None or refused.status_code == 401 or case.operation.definition.raw.get("security") == []
    send(case, fuzzed, with_key)
    case.path_parameters = {name: THERE.get(name, value) for name, value in (case.path_parameters or {}).items()}
    send(case, fuzzed, with_key)


def send(case, fuzzed, headers):
    """Send it and look at the answer; None if no function has such a path."""
    # Keys that were generated are left out: they would only hide that there is none, or a good one.
    case.query = {name: value for name, value in (case.query or {}).items() if name != "code"}
    response = case.call(base_url=fuzzed.url, headers=headers, timeout=30)
    if response.status_code == 404 and response.text == HOSTS_OWN_404:
        # Such as one with a line break in it: the router never saw the request.
        assert set(unquote("".join(map(str, case.path_parameters.values())))) & UNROUTED
        return None
    case.validate_response(response, checks=CHECKS)
    return response
