"""Azure's failures as the real SDK reports them, over real HTTP, and what the router makes of each.

The bodies are those of public issue threads, in the two shapes that Azure uses.
"""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning import AppSpec, PermanentError, TemporaryError
from provisioning.azure_backend.error_body import ErrorBody, read_error_body
from provisioning.azure_backend.errors import without_secrets
from provisioning.azure_backend.failures import classify

PLAN_QUOTA = {
    "Code": "Conflict",
    "Message": "The maximum number of Free ServerFarms allowed in a Subscription is 10.",
    "Target": None,
    "Details": [
        {"Message": "The maximum number of Free ServerFarms allowed in a Subscription is 10."},
        {"Code": "Conflict"},
        {
            "ErrorEntity": {
                "Code": "Conflict",
                "Message": "The maximum number of Free ServerFarms allowed in a Subscription is 10.",
                "ExtendedCode": "59301",
                "MessageTemplate": "The maximum number of {0} ServerFarms allowed in a Subscription is {1}.",
                "Parameters": ["Free", "10"],
                "InnerErrors": None,
            }
        },
    ],
}


def app_service(code: str, message: str) -> dict[str, object]:
    return {"Code": code, "Message": message, "Target": None, "Details": [{"Message": message}]}


def arm(code: str, message: str = "") -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


OVER_QUOTA = "Operation cannot be completed without additional quota. \r\nAdditional details"

# what is answered to the PUT of a plan or site -> the word for it, and whether waiting helps
PERMANENT = {
    "too many plans": (409, PLAN_QUOTA, "plan_quota"),
    "too many plans, words only": (
        409,
        app_service("Conflict", "The maximum number of Dynamic ServerFarms allowed in a Subscription is 100."),
        "plan_quota",
    ),
    "compute quota, dressed as a missing right": (401, app_service("Unauthorized", OVER_QUOTA), "compute_quota"),
    "compute quota of a size": (400, arm("SubscriptionIsOverQuotaForSku", OVER_QUOTA), "compute_quota"),
    "no quota in the region": (
        403,
        app_service("Forbidden", "This region has quota of 0 instances for your subscription."),
        "compute_quota",
    ),
    "name taken": (409, app_service("Conflict", "Website with given name orders already exists."), "name_taken"),
    "Flex without its section": (
        400,
        app_service(
            "BadRequest", "Site.FunctionAppConfig is invalid.  The FunctionAppConfig section was not specified"
        ),
        "invalid_app",
    ),
    "Flex with a forbidden property": (
        400,
        app_service("BadRequest", "The following site configuration property (Site.SiteConfig.FunctionsWorkerRuntime)"),
        "invalid_app",
    ),
    "group cannot host the size": (
        409,
        app_service("Conflict", "Requested features 'ElasticWebApps' not available in resource group rg."),
        "region_unsuitable",
    ),
    "no right": (
        403,
        arm(
            "AuthorizationFailed",
            "The client does not have authorization to perform action 'X'",
        ),
        "forbidden",
    ),
    "no right to assign the identity": (403, arm("LinkedAuthorizationFailed", "assign/action"), "forbidden"),
    "policy": (403, arm("RequestDisallowedByPolicy", "Resource was disallowed by policy."), "disallowed_by_policy"),
    "subscription disabled": (409, arm("ReadOnlyDisabledSubscription", "disabled"), "subscription_disabled"),
    "token refused": (401, arm("InvalidAuthenticationToken", "The access token is invalid."), "unauthenticated"),
    "no subscription": (404, arm("SubscriptionNotFound", "The subscription 'sub' could not be found."), "not_found"),
    "any other refusal": (400, arm("InvalidRequestContent", "The request content was invalid"), "bad_request"),
    "something unheard of": (418, arm("Teapot", "short and stout"), "failed"),
}

TEMPORARY = {
    "throttled": (429, arm("TooManyRequests", "slow down"), {"Retry-After": "17"}, "throttled", 17),
    "throttled until nobody knows": (429, "", {}, "throttled", 30),
    "asked to wait too long": (429, "", {"Retry-After": "86400"}, "throttled", 600),
    "locked": (409, arm("ScopeLocked", "The scope cannot perform delete operation"), {}, "locked", 10),
    "another change": (409, arm("AnotherOperationInProgress", "busy"), {}, "busy", 15),
    "any other conflict": (409, app_service("Conflict", "Cannot modify this site"), {}, "busy", 15),
    "away": (503, "<html><body>Site Unavailable</body></html>", {}, "unavailable", 10),
    "fault of Azure": (500, arm("InternalServerError", "There was an unexpected error"), {}, "unavailable", 10),
    "gateway": (504, arm("GatewayTimeout", ""), {"Retry-After": "3"}, "unavailable", 3),
}


@pytest.fixture
def spec() -> AppSpec:
    return AppSpec("orders-app", "plan-orders-app", "rg", "westeurope", tags={"durable-router-id": "router-under-test"})


@pytest.fixture
def refusing(scripted, reply):
    """Return a function that makes the PUT of the plan fail."""

    def refuse(status: int, body: object, headers: dict[str, str] | None = None) -> None:
        scripted.on("GET", "/providers/Microsoft.Web/", reply(404, arm("ResourceNotFound")))
        scripted.on("HEAD", "/resourcegroups/rg", reply(204))
        scripted.on("POST", "/checknameavailability", reply(200, {"nameAvailable": True, "reason": "", "message": ""}))
        scripted.on("PUT", "/serverfarms/", reply(status, body, headers or {}))

    return refuse


@pytest.mark.parametrize(("status", "body", "code"), PERMANENT.values(), ids=PERMANENT)
def test_what_waiting_does_not_help_is_permanent(scripted_platform, refusing, spec, status, body, code):
    refusing(status, body)

    with pytest.raises(PermanentError) as caught:
        scripted_platform.ensure_app(spec)

    assert caught.value.code == code
    assert caught.value.message.startswith("cannot create plan plan-orders-app: ")
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("case", TEMPORARY.values(), ids=TEMPORARY)
def test_what_passes_is_temporary_and_says_when(scripted, scripted_platform, refusing, spec, case):
    status, body, headers, code, seconds = case
    refusing(status, body, headers)

    with pytest.raises(TemporaryError) as caught:
        scripted_platform.ensure_app(spec)

    assert (caught.value.code, caught.value.retry_after) == (code, timedelta(seconds=seconds))
    # Waiting is for the caller's durable timer: the SDK did not sleep and ask again.
    assert len(scripted.paths("PUT")) == 1
    assert "<html>" not in caught.value.message


def test_azures_own_words_are_in_the_message(scripted_platform, refusing, spec):
    refusing(409, PLAN_QUOTA)

    with pytest.raises(PermanentError, match="maximum number of Free ServerFarms") as caught:
        scripted_platform.ensure_app(spec)

    assert "retire or delete lines" in caught.value.message


def test_a_refused_connection_is_temporary(scripted_platform, spec, scripted):
    platform = scripted_platform
    object.__setattr__(platform._settings, "arm_endpoint", "http://127.0.0.1:9")

    with pytest.raises(TemporaryError) as caught:
        platform.ensure_app(spec)

    assert caught.value.code == "unreachable"


def test_a_router_without_an_identity_is_told_to_get_one(scripted, spec, monkeypatch):
    from azure.identity import EnvironmentCredential

    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    from provisioning import AzurePlatform, AzureSettings

    platform = AzurePlatform(AzureSettings("sub", "rg", "r", scripted.url), EnvironmentCredential())

    with pytest.raises(PermanentError, match="az login") as caught:
        platform.ensure_app(spec)

    assert caught.value.code == "no_credential"


def test_every_recorded_error_body_has_a_class():
    path = Path(__file__).parents[2] / ".." / "shared" / "azure" / "recordings" / "error_bodies.json"
    if not path.exists():
        pytest.skip(f"the recordings are not beside this checkout ({path.resolve()})")
    classes = {
        case["case"]: classify(case.get("status"), read_error_body(recorded_body(case))).code
        for case in json.loads(path.read_text())["errors"]
    }

    assert classes == {
        "plan quota": "plan_quota",
        "plan quota, consumption": "plan_quota",
        "compute quota": "compute_quota",
        "compute quota inside a template deployment": "compute_quota",
        "Flex PUT without functionAppConfig": "invalid_app",
        "Flex, forbidden siteConfig property": "invalid_app",
        "resource group cannot host the SKU": "region_unsuitable",
        "zipdeploy on Flex": "not_found",
        "publish 503": "unavailable",
        "deployment identity lacks blob access": "storage_forbidden",
        "deployment built, runtime never starts": "runtime_failed",
    }


def recorded_body(case: dict[str, object]) -> str:
    if "verbatim" in case:
        return json.dumps(case["verbatim"])
    message = case.get("message") or case.get("message_start") or case.get("verbatim_start")
    details = [{"ErrorEntity": {"ExtendedCode": case.get("extended_code")}}]
    return json.dumps({"Code": case.get("code"), "Message": message, "Details": details})


BODIES = {
    "Resource Manager": (arm("A", "b"), ErrorBody("A", "b")),
    "App Service": (PLAN_QUOTA, ErrorBody("Conflict", PLAN_QUOTA["Message"], "59301")),
    "a string": ("nothing", ErrorBody(message="nothing")),
    "a list": ([1], ErrorBody(message="[1]")),
    "nulls": ({"error": {"code": None, "message": None, "details": None}}, ErrorBody()),
    "details that are no objects": ({"error": {"code": "A", "details": ["x", None]}}, ErrorBody("A")),
}


@pytest.mark.parametrize(("document", "body"), BODIES.values(), ids=BODIES)
def test_error_bodies_are_read_whatever_their_shape(document, body):
    assert read_error_body(json.dumps(document)) == body


def test_a_page_of_html_says_nothing():
    assert read_error_body("<!DOCTYPE html><html>…") == ErrorBody()


SECRETS = {
    "connection string": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0c2VjcmV0==;EndpointSuffix=x",
    "signature": "https://a.blob.core.windows.net/c?sv=1&sig=c2VjcmV0c2VjcmV0%3D",
    "key in a URL": "https://orders.azurewebsites.net/admin?code=c2VjcmV0c2VjcmV0",
    "token": "Authorization: Bearer c2VjcmV0c2VjcmV0",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_what_looks_like_a_secret_is_blanked(text):
    assert "c2VjcmV0" not in without_secrets(text)


def test_a_check_of_the_name_that_the_router_has_no_right_to_is_no_answer(scripted, scripted_platform, reply, spec):
    scripted.on("GET", "/serverfarms/", reply(404, arm("ResourceNotFound")))
    scripted.on("GET", "/sites/", reply(404, arm("ResourceNotFound")))
    scripted.on("HEAD", "", reply(204))
    scripted.on("POST", "/checknameavailability", reply(403, arm("AuthorizationFailed", "no right")))
    scripted.on("PUT", "/serverfarms/", reply(409, PLAN_QUOTA))

    with pytest.raises(PermanentError) as caught:
        scripted_platform.ensure_app(spec)

    assert caught.value.code == "plan_quota"
