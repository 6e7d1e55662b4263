"""Faults on demand: set by the operator, striking exactly the calls they are about, in Azure's words."""

import time

import httpx
import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ServiceResponseError,
)
from plane_process import GROUP, STAND_IN, Azure, ControlPlaneProcess, scm_url, until, zip_of


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    """One control plane for the module; every test clears its faults."""
    plane = ControlPlaneProcess(tmp_path_factory.mktemp("faults") / "state", STAND_IN).start()
    yield plane
    plane.stop()


@pytest.fixture
def azure(plane, monkeypatch):
    """The SDK clients, which try nothing again by themselves."""
    azure = Azure(plane, monkeypatch, retry_total=0)
    azure.make_group()
    yield azure
    plane.clear_faults()


@pytest.fixture
def arm(plane, azure):
    with plane.http() as http:
        yield http


def put_plan(azure, name="orders-plan"):
    body = {"location": "eastus2", "sku": {"name": "FC1", "tier": "FlexConsumption"}, "properties": {"reserved": True}}
    return azure.web.app_service_plans.begin_create_or_update(GROUP, name, body)


# kind -> parameters, what the SDK raises, its status, and a word of the answer
REFUSALS = {
    "throttled": ({"retryAfter": 7}, HttpResponseError, 429, "TooManyRequests"),
    "server_error": ({}, HttpResponseError, 500, "InternalServerError"),
    "unavailable": ({}, HttpResponseError, 503, "ServiceUnavailable"),
    "plan_limit": ({}, ResourceExistsError, 409, "59301"),
    "compute_quota": ({}, ClientAuthenticationError, 401, "without additional quota"),
    "region_quota": ({}, ClientAuthenticationError, 401, "quota of 0 instances"),
    "name_taken": ({}, ResourceExistsError, 409, "Website with given name orders-plan already exists."),
    "forbidden": ({}, HttpResponseError, 403, "Microsoft.Web/serverfarms/write"),
    "disallowed": ({}, HttpResponseError, 403, "RequestDisallowedByPolicy"),
    "scope_locked": ({}, ResourceExistsError, 409, "ScopeLocked"),
    "busy": ({}, ResourceExistsError, 409, "another operation is in progress"),
    "answer": ({"status": 418, "body": {"error": {"code": "Teapot"}}}, HttpResponseError, 418, "Teapot"),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refused_call_has_no_effect_and_the_next_one_works(plane, azure, kind):
    parameters, error, status, word = REFUSALS[kind]
    name = f"{kind.replace('_', '-')}-plan" if kind != "name_taken" else "orders-plan"
    rule = plane.set_fault("**/serverfarms/*", kind, method="PUT", **parameters)

    with pytest.raises(error) as refused:
        put_plan(azure, name)

    assert (refused.value.status_code, word in refused.value.response.text()) == (status, True)
    assert refused.value.response.headers.get("Retry-After") == (str(parameters.get("retryAfter", "")) or None)
    assert name not in [plan.name for plan in azure.web.app_service_plans.list()]
    assert put_plan(azure, name).result().name == name
    assert plane.hits(rule) == 1


def test_a_rule_strikes_only_what_it_matches_as_often_as_it_says_and_not_before(plane, arm, azure):
    put_plan(azure).result()
    path = f"{azure.group}/providers/Microsoft.Web/serverfarms/orders-plan"
    rule = plane.set_fault("**/SERVERFARMS/orders-*", "unavailable", method="get", after=1, times=2)
    group = [arm.get(azure.group).status_code for _ in range(2)]
    assert (group, arm.get(f"{path}/sites").status_code) == ([200, 200], 200)
    assert [arm.get(path).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert plane.hits(rule) == 2


def test_a_rule_for_ever_holds_until_it_is_dropped(plane, arm, azure):
    rule = plane.set_fault("**", "unavailable", times=None)
    assert [arm.get(azure.group).status_code for _ in range(3)] == [503] * 3
    assert arm.delete(f"/local-azure/faults/{rule}").status_code == 204
    assert arm.get(azure.group).status_code == 200
    assert arm.delete(f"/local-azure/faults/{rule}").status_code == 404


# rule -> what is said of it
BAD_RULES = {
    "no object": ([], "an object"),
    "no path": ({"fault": "throttled"}, "path is missing"),
    "no such fault": ({"path": "**", "fault": "earthquake"}, "one of answer, build_failure"),
    "never": ({"path": "**", "fault": "throttled", "times": 0}, "times"),
    "not for it": ({"path": "**", "fault": "dropped", "retryAfter": 1}, "takes no retryAfter"),
    "misspelled": ({"path": "**", "fault": "throttled", "retry_after": 1}, "takes no retry_after; it takes: body"),
    "of no kind": ({"path": "**", "fault": "long_running", "polls": "3"}, "polls cannot be '3'"),
    "ends nowhere": ({"path": "**", "fault": "long_running", "endsIn": "tears"}, "endsIn"),
}


@pytest.mark.parametrize(("rule", "words"), BAD_RULES.values(), ids=BAD_RULES)
def test_a_rule_that_would_never_strike_is_refused(arm, rule, words):
    answer = arm.post("/local-azure/faults", json=rule)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRule")
    assert words in answer.json()["error"]["message"]


def test_only_the_operator_sets_faults(plane, azure, about):
    url = f"{plane.bootstrap['baseUrl']}/local-azure/faults"
    assert httpx.get(url).status_code == 401
    site = azure.make_site("prying")
    azure.publish(site, {"version.txt": "one"})
    environment = about(site)["environment"]
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
    header = {"X-IDENTITY-HEADER": environment["IDENTITY_HEADER"]}
    token = httpx.get(environment["IDENTITY_ENDPOINT"], params=query, headers=header).json()["access_token"]
    assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 403
    azure.web.web_apps.delete(GROUP, "prying")


def test_the_kinds_of_faults_are_explained(arm):
    kinds = arm.get("/local-azure/faults").json()["kinds"]
    assert set(REFUSALS) < set(kinds)
    assert all(kinds.values())


def test_a_lost_answer_leaves_the_effect_and_a_dropped_call_does_not(plane, azure):
    plane.set_fault("**/serverfarms/lost", "lost_answer", method="PUT")
    plane.set_fault("**/serverfarms/dropped", "dropped", method="PUT")
    for name in ("lost", "dropped"):
        with pytest.raises(ServiceResponseError):
            put_plan(azure, name)
    names = [plan.name for plan in azure.web.app_service_plans.list()]
    assert ("lost" in names, "dropped" in names) == (True, False)


def test_a_slow_call_takes_its_time(plane, arm, azure):
    plane.set_fault("**/resourceGroups/*", "slow", seconds=0.4)
    began = time.monotonic()
    assert arm.get(azure.group).status_code == 200
    assert time.monotonic() - began >= 0.4


@pytest.mark.parametrize("style", ["location", "azure_async"])
def test_a_long_running_call_is_polled_to_its_end(plane, arm, azure, style):
    plane.set_fault("**/serverfarms/long-*", "long_running", method="PUT", polls=2, style=style)
    name = f"long-{style.replace('_', '-')}"
    polls = plane.set_fault("**/locations/local/*/*", "slow", times=None, seconds=0)

    plan = put_plan(azure, name).result()

    assert (plan.name, plan.sku.name) == (name, "FC1")
    assert plane.hits(polls) == 3


def test_a_site_can_be_made_and_deleted_in_long_running_calls(plane, arm, azure, beyond_the_contracts):
    put_plan(azure, "long-plan").result()
    plane.set_fault("**/sites/*", "long_running", times=2, polls=1)
    body = azure.site_body("long-plan")
    site = azure.web.web_apps.begin_create_or_update(GROUP, "long-site", body).result()
    assert site.state == "Running"
    accepted = arm.delete(site.id)
    assert accepted.status_code == 202
    until(lambda: arm.get(accepted.headers["Location"]).status_code == 200)
    assert arm.get(site.id).status_code == 404


@pytest.mark.parametrize("style", ["location", "azure_async"])
def test_a_long_running_call_may_end_in_a_refusal(plane, azure, style):
    plane.set_fault("**/serverfarms/*", "long_running", method="PUT", style=style, endsIn="plan_limit")

    with pytest.raises(HttpResponseError, match="maximum number of FlexConsumption ServerFarms"):
        put_plan(azure, "never").result()

    assert "never" not in [plan.name for plan in azure.web.app_service_plans.list()]


def test_a_stuck_operation_is_never_over_and_has_no_effect(plane, arm, azure):
    plane.set_fault("**/serverfarms/stuck", "stuck", method="PUT", retryAfter=3)
    path = f"{azure.group}/providers/Microsoft.Web/serverfarms/stuck"
    accepted = arm.put(path, json={"location": "eastus2", "sku": {"name": "FC1"}})
    assert (accepted.status_code, accepted.headers["Retry-After"]) == (202, "3")
    polls = [arm.get(accepted.headers["Location"]) for _ in range(5)]
    assert {(poll.status_code, "Location" in poll.headers) for poll in polls} == {(202, True)}
    assert arm.get(path).status_code == 404


def post(azure, site, path="publish"):
    return azure.scm.post(f"{scm_url(site)}/api/{path}", content=zip_of({"version.txt": "new"}))


@pytest.fixture
def site(azure):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "old", "function_app.py": "# old"})
    yield site
    azure.web.web_apps.delete(GROUP, "orders")


# kind -> status and a word of the deployment endpoint's answer
OF_KUDU = {
    "busy": (409, "deployment currently in progress"),
    "unavailable": (503, "Site Unavailable"),
    "throttled": (429, "TooManyRequests"),
    "not_found": (404, ""),
}


@pytest.mark.parametrize("kind", OF_KUDU)
def test_a_deployment_endpoint_refuses_in_its_own_words(plane, azure, site, kind):
    plane.set_fault("scm/orders/api/publish", kind)
    answer = post(azure, site)
    assert (answer.status_code, OF_KUDU[kind][1] in answer.text) == (OF_KUDU[kind][0], True)
    assert post(azure, site).status_code == 202


def test_a_package_whose_answer_was_lost_is_deployed(plane, azure, site, about):
    plane.set_fault("scm/*/api/publish", "lost_answer")
    with pytest.raises(httpx.TransportError):
        post(azure, site)
    until(lambda: about(site)["version"] == "new")


# kind -> Kudu's status, the version that runs afterwards, a word of the log, Resource Manager's word
DEPLOYMENTS = {
    "build_failure": (3, "old", "No matching distribution", "BuildFailed"),
    "old_code_stays": (4, "old", "Deployment successful", "RuntimeSuccessful"),
    "only_warmup": (4, "new", "Deployment successful", "RuntimeSuccessful"),
    "runtime_fails": (4, "new", "Deployment successful", "RuntimeFailed"),
    "deployment_cancelled": (-1, "old", "cancelled", "BuildAborted"),
    "deployment_conflict": (5, "old", "Another deployment", "BuildFailed"),
    "deployment_partial": (6, "old", "Some instances", "RuntimeFailed"),
}


@pytest.mark.parametrize("kind", DEPLOYMENTS)
def test_a_deployment_goes_wrong_in_the_way_it_is_told_to(plane, azure, arm, site, about, kind):
    status, version, word, arm_word = DEPLOYMENTS[kind]
    plane.set_fault("scm/orders/api/publish", kind)

    deployment = azure.publish(site, {"version.txt": "new", "function_app.py": "# new"})

    assert (deployment["status"], deployment["complete"]) == (status, True)
    assert word in azure.scm.get(deployment["log_url"]).text
    assert about(site)["version"] == version
    told = arm.get(f"{site.id}/deploymentStatus/{deployment['id']}").json()["properties"]
    assert told["status"] == arm_word
    if kind == "runtime_fails":
        assert told["errors"][0]["extendedCode"] == "04916"


def test_a_stuck_deployment_is_never_over_keeps_others_out_and_ends_with_its_site(plane, azure, about):
    site = azure.make_site("stuck-site")
    plane.set_fault("scm/stuck-site/api/publish", "stuck_deployment")
    url = post(azure, site).headers["Location"]
    until(lambda: "pip install" in azure.scm.get(f"{url}/log").text)
    assert azure.scm.get(url).json()["status"] == 1
    assert post(azure, site).status_code == 409
    azure.web.web_apps.delete(GROUP, "stuck-site")
    with pytest.raises(httpx.ConnectError):
        azure.scm.get(url)


def test_a_control_plane_that_starts_anew_does_everything_right(plane, azure, arm):
    plane.set_fault("**", "unavailable", times=None)
    plane.kill()
    plane.start()
    with plane.http() as http:
        assert http.get(azure.group).status_code == 200
