"""Generated requests to every operation of the served OpenAPI: nothing fails, and every answer is documented."""

from urllib.parse import unquote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from stack_with import driver_of, stack_with
from version_package import zip_version

from router_app.http.openapi import describe_api
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
    with stack_with(tmp_path_factory.mktemp("fuzzed")) as stack:
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
