"""The model of an app, as built from the worker's listing."""

import json

import pytest

from local_azure.functions_host.app_model import build_app, client_inputs, without
from local_azure.functions_host.ports import FunctionKind


def a_function(name, *bindings):
    return {"name": name, "bindings": [json.dumps({"direction": "IN", "name": "x", **b}) for b in bindings]}


@pytest.mark.parametrize(
    ("trigger", "kind", "durable_name"),
    [
        ({"type": "httpTrigger"}, FunctionKind.HTTP, None),
        ({"type": "timerTrigger"}, FunctionKind.TIMER, None),
        ({"type": "orchestrationTrigger"}, FunctionKind.ORCHESTRATOR, "Fn"),
        ({"type": "orchestrationTrigger", "orchestration": "Other"}, FunctionKind.ORCHESTRATOR, "Other"),
        ({"type": "activityTrigger", "activity": "Other"}, FunctionKind.ACTIVITY, "Other"),
        ({"type": "entityTrigger"}, FunctionKind.ENTITY, "fn"),
        ({"type": "entityTrigger", "entityName": "Counter"}, FunctionKind.ENTITY, "counter"),
        ({"type": "ACTIVITYTRIGGER"}, FunctionKind.ACTIVITY, "Fn"),
        ({"type": "queueTrigger"}, FunctionKind.UNSERVED, None),
    ],
    ids=str,
)
def test_the_trigger_tells_kind_and_durable_name(trigger, kind, durable_name):
    (function,) = build_app([a_function("Fn", trigger)], {}).model.functions
    assert (function.kind, function.durable_name) == (kind, durable_name)


def test_functions_with_foreign_bindings_are_named_and_the_others_run():
    app = build_app(
        [
            a_function("Q", {"type": "queueTrigger"}),
            a_function("H", {"type": "httpTrigger"}, {"type": "blob", "direction": "OUT"}),
            a_function("Ok", {"type": "httpTrigger"}, {"type": "http", "direction": "OUT"}),
        ],
        {},
    )
    assert app.not_running == {
        "Q": "this host does not serve the binding queueTrigger",
        "H": "this host does not serve the binding blob",
    }
    assert [f.kind for f in app.model.functions] == [FunctionKind.UNSERVED, FunctionKind.UNSERVED, FunctionKind.HTTP]


@pytest.mark.parametrize("setting", ["AzureWebJobs.Fn.Disabled", "AzureWebJobs__Fn__Disabled"])
def test_a_function_is_disabled_by_a_setting(setting):
    app = build_app([a_function("Fn", {"type": "activityTrigger"})], {setting: "true"})
    assert "disabled" in app.not_running["Fn"]
    assert app.model.durable(FunctionKind.ACTIVITY, "Fn") is None


def test_an_app_on_the_grpc_sdk_is_refused():
    listing = [a_function("O", {"type": "orchestrationTrigger", "durableRequiresGrpc": True})]
    app = build_app(listing, {})
    assert app.model.functions == ()
    assert "2.x" in app.model.error.message


@pytest.mark.parametrize(
    ("bindings", "sdk"),
    [
        ([{"type": "httpTrigger"}], None),
        ([{"type": "httpTrigger"}, {"type": "durableClient"}], "1.x"),
        ([{"type": "entityTrigger"}], "1.x"),
    ],
)
def test_the_sdk_is_known_from_any_durable_binding(bindings, sdk):
    app = build_app([a_function("Fn", *bindings)], {})
    assert app.model.durable_sdk == sdk


def test_references_to_settings_are_resolved_in_bindings():
    app = build_app([a_function("T", {"type": "timerTrigger", "schedule": "%WHEN%"})], {"WHEN": "* * * * *"})
    assert app.model.functions[0].trigger["schedule"] == "* * * * *"


def test_client_bindings_are_found_in_declared_order():
    bindings = [{"type": "httpTrigger"}, {"type": "durableClient", "name": "a"}, {"type": "durableClient", "name": "b"}]
    (function,) = build_app([a_function("Fn", *bindings)], {}).model.functions
    assert [binding["name"] for binding in client_inputs(function)] == ["a", "b"]


def test_a_function_that_turns_out_unusable_is_marked_later():
    app = build_app([a_function("T", {"type": "timerTrigger"}), a_function("H", {"type": "httpTrigger"})], {})
    marked = without(app, {"T": "no schedule"})
    assert [f.kind for f in marked.model.functions] == [FunctionKind.UNSERVED, FunctionKind.HTTP]
    assert marked.not_running == {"T": "no schedule"}
