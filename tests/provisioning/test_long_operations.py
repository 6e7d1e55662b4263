"""Long-running operations of Resource Manager: handed back with a continuation, resumed by another process."""

import base64
import dataclasses
import json

import pytest

from provisioning import (
    AppSpec,
    AzurePlatform,
    Pending,
    PermanentError,
    Ready,
    TemporaryError,
    VersionAppRef,
    candidate_names,
)

TAGS = {"durable-router-id": "router-under-test"}
SPEC = AppSpec("orders-app", "plan-orders-app", "rg", "westeurope", settings={"PASSWORD": "hunter2-hunter2"}, tags=TAGS)
SITE_ID = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites/orders-app"
NOT_FOUND = {"error": {"code": "ResourceNotFound", "message": "not found"}}


def a_site(state: str = "Running") -> dict[str, object]:
    return {
        "id": SITE_ID,
        "name": "orders-app",
        "type": "Microsoft.Web/sites",
        "location": "West Europe",
        "tags": TAGS,
        "properties": {
            "state": state,
            "defaultHostName": "orders-app.azurewebsites.net",
            "serverFarmId": "/subscriptions/sub/resourcegroups/RG/providers/Microsoft.Web/serverFarms/Plan-Orders-App",
            "functionAppConfig": {
                "deployment": None,
                "runtime": {"name": "python", "version": "3.11"},
                "scaleAndConcurrency": {"instanceMemoryMB": 2048, "maximumInstanceCount": 100},
            },
        },
    }


READY = Ready(VersionAppRef("orders-app", "orders-app.azurewebsites.net"))


@pytest.fixture
def arm(scripted, reply):
    """Resource Manager with a group and a plan; the PUT of the site is accepted and goes on."""
    scripted.on("GET", "/serverfarms/", reply(200, {"location": "West Europe", "tags": TAGS}))
    scripted.on("GET", "/sites/", reply(404, NOT_FOUND))
    scripted.on("POST", "/config/appsettings/list", reply(200, {"properties": dict(SPEC.settings)}))
    location = f"{scripted.url}/subscriptions/sub/providers/Microsoft.Web/operationResults/1?api-version=2025-05-01"
    scripted.on("PUT", "/sites/orders-app", reply(202, "", {"Location": location, "Retry-After": "7"}))
    scripted.on("GET", "/operationResults/1", reply(202, "", {"Location": location, "Retry-After": "4"}))
    return scripted


def another_process(platform: AzurePlatform) -> AzurePlatform:
    return AzurePlatform(platform._settings, platform._given_credential)


def test_an_operation_that_takes_long_is_handed_back_and_resumed_without_a_second_put(arm, scripted_platform, reply):
    begun = scripted_platform.ensure_app(SPEC)

    assert isinstance(begun, Pending)
    assert (begun.retry_after.total_seconds(), begun.doing) == (7.0, "PutSite")

    still = another_process(scripted_platform).ensure_app(SPEC, begun.continuation)

    assert isinstance(still, Pending)
    assert (still.continuation, still.retry_after.total_seconds()) == (begun.continuation, 4.0)

    arm.on("GET", "/operationResults/1", reply(200, a_site()))
    arm.on("GET", "/sites/orders-app", reply(200, a_site()))

    assert another_process(scripted_platform).ensure_app(SPEC, still.continuation) == READY
    assert len(arm.paths("PUT")) == 1


def test_a_continuation_holds_no_setting_and_no_token(arm, scripted_platform):
    begun = scripted_platform.ensure_app(SPEC)

    assert isinstance(begun, Pending)
    token = base64.b64decode(json.loads(begun.continuation)["token"]).decode()
    assert "hunter2" not in token
    assert "a-token-for" not in token


TAKEN = {"Code": "Conflict", "Message": "Website with given name orders-app already exists."}


def test_a_name_found_taken_while_the_app_is_made_leads_to_the_next_one_which_is_remembered(
    arm, scripted_platform, reply
):
    begun = scripted_platform.ensure_app(SPEC)
    assert isinstance(begun, Pending)
    arm.on("GET", "/operationResults/1", reply(409, TAKEN))
    location = f"{arm.url}/subscriptions/sub/providers/Microsoft.Web/operationResults/2?api-version=2025-05-01"
    second = candidate_names("orders-app")[1]
    arm.on("PUT", f"/sites/{second}", reply(202, "", {"Location": location}))

    begun = scripted_platform.ensure_app(SPEC, begun.continuation)

    assert isinstance(begun, Pending)
    arm.on("GET", "/operationResults/2", reply(200, {**a_site(), "name": second}))
    arm.on("GET", f"/sites/{second}", reply(200, {**a_site(), "name": second}))
    ready = another_process(scripted_platform).ensure_app(SPEC, begun.continuation)
    assert ready == Ready(VersionAppRef(second, READY.app.host))
    assert [path.split("/sites/")[1].split("?")[0] for path in arm.paths("PUT")] == ["orders-app", second]
    # Later, without any memory but the tags, the app is found under its name.
    assert another_process(scripted_platform).ensure_app(SPEC) == ready
    assert len(arm.paths("PUT")) == 2


def test_an_operation_that_failed_says_why(arm, scripted_platform, reply):
    begun = scripted_platform.ensure_app(SPEC)
    assert isinstance(begun, Pending)
    arm.on("GET", "/operationResults/1", reply(409, TAKEN))
    arm.on("PUT", "/sites/", reply(409, TAKEN))

    with pytest.raises(PermanentError, match="none of the 5 names") as caught:
        scripted_platform.ensure_app(SPEC, begun.continuation)

    assert caught.value.code == "name_taken"


def test_a_failed_status_in_a_successful_answer_is_a_failure(arm, scripted_platform, reply):
    status = f"{arm.url}/subscriptions/sub/providers/Microsoft.Web/operationStatuses/2?api-version=2025-05-01"
    arm.on("PUT", "/sites/orders-app", reply(202, "", {"Azure-AsyncOperation": status}))
    begun = scripted_platform.ensure_app(SPEC)
    assert isinstance(begun, Pending)
    failed = {
        "status": "Failed",
        "error": {"code": "SubscriptionIsOverQuotaForSku", "message": "no"},
    }
    arm.on("GET", "/operationStatuses/2", reply(200, failed))

    with pytest.raises(PermanentError) as caught:
        scripted_platform.ensure_app(SPEC, begun.continuation)

    assert caught.value.code == "compute_quota"


def test_a_throttled_look_is_temporary_and_the_operation_goes_on(arm, scripted_platform, reply):
    begun = scripted_platform.ensure_app(SPEC)
    assert isinstance(begun, Pending)
    arm.on("GET", "/operationResults/1", reply(429, "", {"Retry-After": "9"}))

    with pytest.raises(TemporaryError) as caught:
        scripted_platform.ensure_app(SPEC, begun.continuation)

    assert caught.value.retry_after.total_seconds() == 9


def test_an_operation_that_azure_forgot_is_looked_for_in_the_app_itself(arm, scripted_platform, reply):
    begun = scripted_platform.ensure_app(SPEC)
    assert isinstance(begun, Pending)
    arm.on("GET", "/operationResults/1", reply(404, NOT_FOUND))
    arm.on("GET", "/sites/orders-app", reply(200, a_site()))

    assert scripted_platform.ensure_app(SPEC, begun.continuation) == READY
    assert len(arm.paths("PUT")) == 1


def test_201_is_success_though_the_sdk_takes_it_for_an_error(arm, scripted_platform, reply):
    arm.on("PUT", "/sites/orders-app", reply(201, a_site()))
    arm.on("GET", "/sites/orders-app", reply(404, NOT_FOUND), reply(200, a_site()))

    assert scripted_platform.ensure_app(SPEC) == READY


def test_what_does_not_show_yet_is_waited_for_and_not_repeated_at_once(arm, scripted_platform, reply):
    arm.on("PUT", "/sites/orders-app", reply(200, a_site("Stopped")))
    arm.on("GET", "/sites/orders-app", reply(404, NOT_FOUND), reply(200, a_site("Stopped")))

    waiting = scripted_platform.ensure_app(SPEC)

    assert isinstance(waiting, Pending)
    assert "StartSite" in waiting.doing


def test_the_whole_site_goes_in_one_put(arm, scripted_platform):
    spec = dataclasses.replace(SPEC, identity="/subscriptions/sub/id", deployment_storage=None)
    scripted_platform.ensure_app(spec)

    body = json.loads(next(body for method, path, _, body in arm.asked if method == "PUT" and "/sites/" in path))
    assert body == {
        "location": "westeurope",
        "kind": "functionapp,linux",
        "tags": TAGS,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/sub/id": {}}},
        "properties": {
            "serverFarmId": "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/serverfarms/plan-orders-app",
            "httpsOnly": True,
            "siteConfig": {"appSettings": [{"name": "PASSWORD", "value": "hunter2-hunter2"}]},
            "functionAppConfig": {
                "runtime": {"name": "python", "version": "3.11"},
                "scaleAndConcurrency": {"instanceMemoryMB": 2048, "maximumInstanceCount": 100},
            },
        },
    }
    assert "hunter2" not in repr(spec)


def test_a_polling_url_elsewhere_gets_no_token_without_tls(arm, scripted_platform, reply):
    elsewhere = "http://203.0.113.1/operationResults/1"
    arm.on("PUT", "/sites/orders-app", reply(202, "", {"Location": elsewhere}))
    begun = scripted_platform.ensure_app(SPEC)
    assert isinstance(begun, Pending)

    with pytest.raises(PermanentError) as caught:
        scripted_platform.ensure_app(SPEC, begun.continuation)

    assert caught.value.code == "unsafe_endpoint"


TRANSIENT_ENDS = {
    "a fault of Azure": ({"code": "InternalServerError", "message": "unexpected"}, 10.0),
    "another change": ({"code": "AnotherOperationInProgress", "message": "busy"}, 15.0),
}


@pytest.mark.parametrize(("error", "seconds"), TRANSIENT_ENDS.values(), ids=TRANSIENT_ENDS)
def test_an_operation_that_ended_in_a_passing_failure_is_begun_anew_and_not_looked_at_for_ever(
    arm, scripted_platform, reply, error, seconds
):
    status = f"{arm.url}/subscriptions/sub/providers/Microsoft.Web/operationStatuses/2?api-version=2025-05-01"
    arm.on("PUT", "/sites/orders-app", reply(202, "", {"Azure-AsyncOperation": status}))
    begun = scripted_platform.ensure_app(SPEC)
    assert isinstance(begun, Pending)
    arm.on("GET", "/operationStatuses/2", reply(200, {"status": "Failed", "error": error}))

    ended = scripted_platform.ensure_app(SPEC, begun.continuation)

    assert isinstance(ended, Pending)
    assert (error["message"] in ended.doing, ended.retry_after.total_seconds()) == (True, seconds)
    arm.on("PUT", "/sites/orders-app", reply(200, a_site()))
    arm.on("GET", "/sites/orders-app", reply(404, NOT_FOUND), reply(200, a_site()))
    assert scripted_platform.ensure_app(SPEC, ended.continuation) == READY
    assert len(arm.paths("PUT")) == 2
