"""The OpenAPI document: that it is one, and that it tells of every route and every problem, and of no other."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from least_settings import LEAST
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from router_app.access import Right
from router_app.app import create_app
from router_app.http.models.naming import find_model
from router_app.http.openapi.document import describe_api
from router_app.http.openapi.routes import expand_route
from router_app.http.openapi.schemas import parameter_schemas
from router_app.http.route_table import OPERATIONS
from router_app.problems import KINDS, TYPE_PREFIX
from router_app.settings import read_settings
from version_registry.identifiers import check_application, check_instance_key, parse_public_id
from version_registry.versions import parse_release

ROOT = Path(__file__).parents[2]
DOCUMENT = describe_api(OPERATIONS)
DESCRIBED = [
    pytest.param(path, method, described, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
]


def resolved(response):
    reference = response.get("$ref")
    return DOCUMENT["components"]["responses"][reference.rpartition("/")[2]] if reference else response


def problem_types(response):
    content = resolved(response).get("content", {}).get("application/problem+json")
    return set(content["schema"]["allOf"][1]["properties"]["type"]["enum"]) if content else set()


def test_it_is_a_valid_document_of_openapi_3_1():
    assert [str(error)[:300] for error in OPENAPI_31_VALIDATOR.iter_errors(DOCUMENT)] == []
    assert DOCUMENT["openapi"].startswith("3.1.")


def test_the_routes_that_exist_are_the_paths_of_the_document():
    """Taken from the function index that the host sees, not from the table that both are made from."""
    functions = create_app(read_settings(LEAST)).get_functions()
    bindings = [json.loads(raw) for function in functions for raw in function.get_raw_bindings()]
    triggers = [binding for binding in bindings if binding["type"] == "httpTrigger"]
    exist = {
        (str(method).lower().rpartition(".")[2], path)
        for trigger in triggers
        for method in trigger["methods"]
        for path in expand_route(trigger["route"])
    }
    described = {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert exist == described


def test_every_function_with_an_http_trigger_is_in_the_route_table():
    functions = create_app(read_settings(LEAST)).get_functions()
    triggered = {one.get_function_name() for one in functions if "httpTrigger" in str(one.get_raw_bindings())}
    assert triggered == {operation.name for operation in OPERATIONS}


def test_no_two_operations_have_one_id():
    ids = [param.values[2]["operationId"] for param in DESCRIBED]
    assert len(set(ids)) == len(ids)


def test_every_type_of_problem_is_described_and_no_other():
    found = {
        one
        for param in DESCRIBED
        for response in param.values[2]["responses"].values()
        for one in problem_types(response)
    }
    assert found == {TYPE_PREFIX + slug for slug in KINDS}


@pytest.mark.parametrize(("path", "method", "described"), DESCRIBED)
def test_an_operation_tells_how_it_refuses(path, method, described):
    is_open = described.get("security") == []
    types = {one for response in described["responses"].values() for one in problem_types(response)}
    refusals = {TYPE_PREFIX + "unauthenticated", TYPE_PREFIX + "forbidden"}
    assert refusals & types == (set() if is_open else refusals)
    assert TYPE_PREFIX + "unavailable" in types


def test_only_what_tells_nothing_of_an_application_is_open():
    assert {operation.name for operation in OPERATIONS if operation.right is Right.OPEN} == {"show_health", "show_api"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_model_that_the_table_names_is_there(operation):
    models = [operation.query, operation.headers, operation.path]
    models += [part.model for part in (*operation.bodies, *operation.answers.values())]
    for name in filter(None, models):
        assert find_model(name).__name__ == name.partition(".")[2]
    assert set(operation.problems) <= set(KINDS)


@pytest.mark.parametrize(("path", "method", "described"), DESCRIBED)
def test_every_part_of_a_path_is_described(path, method, described):
    told = [one["name"] for one in described["parameters"] if one["in"] == "path"]
    assert told == re.findall(r"\{(\w+)\}", path)
    assert all(one["description"] for one in described["parameters"])


@pytest.mark.parametrize(
    ("model", "name", "check"),
    [
        pytest.param("paths.Usual", "application", check_application, id="applications"),
        pytest.param("paths.Start", "instanceId", check_instance_key, id="ids that callers make"),
        pytest.param("paths.Usual", "instanceId", parse_public_id, id="public ids"),
        pytest.param("paths.Release", "version", parse_release, id="releases"),
    ],
)
@given(data=st.data())
def test_what_a_path_is_said_to_take_is_what_the_core_takes(model, name, check, data):
    schema = parameter_schemas(model)[0][name]
    longest = schema.get("maxLength", 1000)
    text = data.draw(st.from_regex(schema["pattern"], fullmatch=True).filter(lambda text: len(text) <= longest))
    check(text)


def test_a_start_of_the_router_loads_no_pydantic():
    code = "import sys, function_app; function_app.app.get_functions(); print('pydantic' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=LEAST, capture_output=True, text=True, check=False, timeout=60
    )
    assert run.stdout.strip() == "False", run.stderr


def test_the_page_of_the_http_api_tells_where_it_is():
    assert "/api/openapi.json" in (ROOT / "docs" / "http-api.md").read_text()
