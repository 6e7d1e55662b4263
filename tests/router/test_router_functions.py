"""The Function app as Azure indexes it: names, bindings, what it imports, and what is deployed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from least_settings import LEAST

from router_app.app import create_app
from router_app.settings import read_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def functions():
    return create_app(read_settings(LEAST)).get_functions()


def bindings(function):
    return [json.loads(binding) for binding in function.get_raw_bindings()]


def test_every_function_has_a_name_of_its_own(functions):
    names = [function.get_function_name() for function in functions]
    assert len({name.lower() for name in names}) == len(names)


def test_the_durable_functions_have_the_names_that_histories_hold(functions):
    found = {
        binding["type"]: sorted(f.get_function_name() for f in functions if binding["type"] in str(bindings(f)))
        for f in functions
        for binding in bindings(f)
        if binding["type"] in ("orchestrationTrigger", "activityTrigger", "entityTrigger")
    }
    assert found == {
        "orchestrationTrigger": ["change_table", "run_saga"],
        "activityTrigger": ["advance_saga"],
        "entityTrigger": ["catalogue", "routing_table"],
    }


def test_the_host_lets_requests_through_because_the_router_has_roles(functions):
    levels = {b["authLevel"] for f in functions for b in bindings(f) if b["type"] == "httpTrigger"}
    assert {str(level).upper() for level in levels} == {"ANONYMOUS"}


def test_no_two_functions_take_the_same_method_and_route(functions):
    triggers = [b for f in functions for b in bindings(f) if b["type"] == "httpTrigger"]
    taken = [(method, trigger["route"]) for trigger in triggers for method in trigger["methods"]]
    assert len(set(taken)) == len(taken)


def test_every_trigger_signature_is_one_that_the_worker_accepts(functions):
    """The genuine worker refuses generic types such as `dict[str, Any]` in a trigger's annotations."""
    for function in functions:
        for name, annotation in getattr(function.get_user_function(), "__annotations__", {}).items():
            assert annotation is None or isinstance(annotation, type), (function.get_function_name(), name)


def test_starting_the_router_loads_no_sdk_of_azure_but_that_of_functions():
    code = (
        "import sys, function_app; function_app.app.get_functions();"
        "print([m for m in sys.modules if m.split('.')[:2] in (['azure', 'mgmt'], ['azure', 'identity'],"
        " ['azure', 'storage'], ['azure', 'core'])])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=LEAST, capture_output=True, text=True, check=False, timeout=60
    )
    assert run.stdout.strip() == "[]", run.stderr


def test_a_missing_setting_ends_the_start_with_its_name():
    run = subprocess.run(
        [sys.executable, "-c", "import function_app"], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert "ROUTER_ID is missing" in run.stderr


def test_host_json_is_json_without_comments():
    host = json.loads((ROOT / "host.json").read_text())
    assert host["extensions"]["http"]["routePrefix"] == "api"
    assert host["extensions"]["durableTask"]["hubName"].isalnum()


@pytest.mark.parametrize("needed", ["function_app.py", "host.json", "requirements.txt"])
def test_what_the_router_needs_is_deployed(needed):
    assert (ROOT / needed).exists()
    assert needed not in (ROOT / ".funcignore").read_text().split()


@pytest.mark.parametrize("folder", ["tests", "docs", "local_azure", "devstack", "router_cli", "examples", "benchmarks"])
def test_what_the_router_does_not_need_stays_behind(folder):
    assert folder in (ROOT / ".funcignore").read_text().split()
