"""The shell's own small decisions, as tables."""

import json

import pytest

from provisioning import AppFunction, AppHealth, TriggerKind
from router_app.durable.client import Operation
from router_app.effects.apps import app_spec, doubt_about
from router_app.http.call import json_response
from router_app.http.waiting import describe_waiting
from router_app.settings import read_settings

ECHO = AppFunction("echo", TriggerKind.ORCHESTRATOR)
STAMP = AppFunction("stamp", TriggerKind.ACTIVITY)
EXPECTED = [{"name": "Echo", "kind": "orchestrationTrigger"}]


@pytest.mark.parametrize(
    ("health", "complete", "doubt"),
    [
        pytest.param(AppHealth("Running", (ECHO,), True), True, "", id="exactly its functions"),
        pytest.param(AppHealth("Running", (ECHO, STAMP), True), False, "", id="more, when not all were known"),
        pytest.param(AppHealth("Running", (ECHO, STAMP), True), True, "stamp", id="more: old and new are mixed"),
        pytest.param(AppHealth("Running", (STAMP,), True), False, "echo", id="one is missing"),
        pytest.param(AppHealth("Running", (), True), False, "echo", id="nothing indexed"),
        pytest.param(AppHealth("Error", (ECHO,), False, "import failed"), True, "import failed", id="not ready"),
        pytest.param(AppHealth("Unreachable", (), False), True, "Unreachable", id="not there"),
    ],
)
def test_an_app_is_routed_to_only_without_doubt(health, complete, doubt):
    found = doubt_about(health, EXPECTED, complete=complete)
    assert doubt in found
    assert bool(found) is bool(doubt)


def test_an_app_without_known_functions_must_serve_some():
    assert doubt_about(AppHealth("Running", (), True), [], complete=False)


SETTINGS = {
    "ROUTER_ID": "main",
    "ROUTER_SUBSCRIPTION_ID": "s",
    "ROUTER_RESOURCE_GROUP": "g",
    "ROUTER_LOCATION": "westeurope",
    "ROUTER_STORE": "file:///tmp/store",
    "ROUTER_APP_SETTINGS": '{"A": "1"}',
}


def test_an_app_is_told_its_line_and_tagged_as_ours():
    spec = app_spec(read_settings(SETTINGS), "orders", "1.4", 2)
    assert spec.settings == {"A": "1", "DURABLE_ROUTER_APPLICATION": "orders", "DURABLE_ROUTER_LINE": "1.4"}
    assert set(spec.tags.values()) == {"main", "orders", "1.4", "2"}
    assert spec.location == "westeurope"


def test_apps_of_two_generations_have_two_names():
    settings = read_settings(SETTINGS)
    assert app_spec(settings, "orders", "1.4", 1).name != app_spec(settings, "orders", "1.4", 2).name


@pytest.mark.parametrize(
    ("operation", "runtime"),
    [
        pytest.param(Operation("s", "Pending", ""), "Pending", id="not begun"),
        pytest.param(Operation("s", "Running", "waiting for line 1.0"), "Pending", id="under way"),
        pytest.param(Operation("s", "Failed", "", output="no app"), "Failed", id="given up"),
        pytest.param(Operation("s", "Terminated", "", output="by hand"), "Failed", id="ended by hand"),
        pytest.param(
            Operation("s", "Completed", "", output={"accepted": False, "reason": "x"}), "Failed", id="refused"
        ),
        pytest.param(Operation("s", "Completed", "", output={"accepted": True}), None, id="delivered"),
    ],
)
def test_a_waiting_start_has_a_status(operation, runtime):
    status = describe_waiting(operation, "1.0~a")
    assert (status and status["runtimeStatus"]) == runtime


@pytest.mark.parametrize("value", [{"said": "half \ud800"}, {"said": "ü \U0001f600"}, None])
def test_whatever_an_app_says_can_be_answered(value):
    assert json.loads(json_response(value).get_body()) == value
