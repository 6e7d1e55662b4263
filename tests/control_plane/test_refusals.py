"""What is refused, and in which of Azure's shapes."""

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

GROUP = "versions"


@pytest.fixture
def arm(stand_in):
    with stand_in.http() as client:
        yield client


@pytest.fixture
def web_path(stand_in):
    return f"/subscriptions/{stand_in.bootstrap['subscriptionId']}/resourceGroups/{GROUP}/providers/Microsoft.Web"


def put_site(azure, name, body):
    return azure.web.web_apps.begin_create_or_update(GROUP, name, body).result()


def test_resource_manager_wants_a_token_and_a_version(stand_in, arm):
    base = stand_in.bootstrap["baseUrl"]
    url = f"{base}/subscriptions/s/resourceGroups"
    missing = httpx.get(url, params={"api-version": "2025-04-01"})
    assert (missing.status_code, missing.json()["error"]["code"]) == (401, "AuthenticationFailed")
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    wrong = httpx.get(url, params={"api-version": "2025-04-01"}, headers={"Authorization": "Bearer made-up"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    unversioned = httpx.get(url, headers={"Authorization": f"Bearer {stand_in.token()}"})
    assert (unversioned.status_code, unversioned.json()["error"]["code"]) == (400, "MissingApiVersionParameter")


def test_a_token_for_another_service_is_refused(stand_in):
    token = stand_in.token("https://storage.azure.com")
    answer = httpx.get(
        f"{stand_in.bootstrap['baseUrl']}/subscriptions/s/resourceGroups",
        params={"api-version": "2025-04-01"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")


@pytest.mark.parametrize("header", ["", "made-up", "ü"])
def test_nobody_gets_a_token_without_an_identity_header(stand_in, header):
    answer = httpx.get(
        stand_in.bootstrap["identityEndpoint"],
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": header.encode()},
    )
    assert answer.status_code == 401


def test_the_bootstrap_file_and_the_database_are_for_the_owner_only(stand_in):
    modes = {name: (stand_in.state / name).stat().st_mode & 0o777 for name in ("bootstrap.json", "control.db", "sites")}
    assert modes == {"bootstrap.json": 0o600, "control.db": 0o600, "sites": 0o700}


def test_what_is_absent_is_named(azure):
    with pytest.raises(ResourceNotFoundError) as no_group:
        azure.get_site("orders")
    assert no_group.value.error.code == "ResourceGroupNotFound"
    azure.make_group()
    with pytest.raises(ResourceNotFoundError) as no_site:
        azure.get_site("orders")
    assert no_site.value.error.code == "ResourceNotFound"
    with pytest.raises(HttpResponseError) as no_plan:
        put_site(azure, "orders", azure.site_body("no-plan"))
    assert no_plan.value.response.json()["Message"] == "Cannot find ServerFarm with name no-plan."


def test_a_path_that_is_not_served_says_so(arm):
    answer = arm.get("/subscriptions/s/providers/Microsoft.Compute/virtualMachines")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NotFound")
    assert arm.delete("/subscriptions/s/resourceGroups").status_code == 405


@pytest.mark.parametrize("content", [b"{", b"[]", b""], ids=["broken", "list", "nothing"])
def test_a_body_that_is_no_object_is_refused(arm, content):
    answer = arm.put("/subscriptions/s/resourceGroups/g", content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


def changed(body, path, value):
    """Return the body with one member of properties changed; None takes it out."""
    *parents, last = path.split(".")
    target = body["properties"]
    for name in parents:
        target = target[name]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("functionAppConfig", None, "The FunctionAppConfig section was not specified"),
        ("functionAppConfig.deployment", None, "Deployment.Storage.Type"),
        ("functionAppConfig.deployment.storage.value", None, "Deployment.Storage.Value"),
        ("functionAppConfig.runtime.name", "cobol", "Runtime.Name"),
        ("functionAppConfig.runtime.version", None, "Runtime.Version"),
        ("functionAppConfig.scaleAndConcurrency.instanceMemoryMB", 1000, "InstanceMemoryMB"),
        ("functionAppConfig.scaleAndConcurrency.maximumInstanceCount", 5000, "MaximumInstanceCount"),
        ("siteConfig.appSettings", [{"name": "FUNCTIONS_WORKER_RUNTIME", "value": "python"}], "FUNCTIONS_WORKER_RUN"),
        ("siteConfig.appSettings", [{"name": "Section:Name", "value": "x"}], "Section:Name"),
        ("siteConfig.appSettings", {"A": "1"}, "list of names and values"),
    ],
)
def test_a_flex_site_described_wrongly_is_refused_in_pascal_case(azure, path, value, words):
    azure.make_group()
    azure.make_plan("orders-plan")
    with pytest.raises(HttpResponseError) as refused:
        put_site(azure, "orders", changed(azure.site_body("orders-plan"), path, value))
    answer = refused.value.response.json()
    assert (refused.value.status_code, answer["Code"]) == (400, "BadRequest")
    assert words in answer["Message"]
    assert answer["Details"][2]["ErrorEntity"]["Message"] == answer["Message"]
    assert list(azure.web.web_apps.list()) == []


def test_a_name_taken_in_another_group_is_a_conflict(azure):
    azure.make_site("orders")
    azure.resources.resource_groups.create_or_update("elsewhere", {"location": "eastus2"})
    body = azure.site_body("orders-plan")
    with pytest.raises(ResourceExistsError) as taken:
        azure.web.web_apps.begin_create_or_update("elsewhere", "orders", body).result()
    answer = taken.value.response.json()
    assert answer["Message"] == "Website with given name orders already exists."
    assert answer["Details"][2]["ErrorEntity"]["ExtendedCode"] == "54001"
    with pytest.raises(ResourceNotFoundError):
        azure.web.web_apps.get("elsewhere", "orders")


def test_a_flex_plan_takes_one_app_and_a_plan_in_use_stays(azure):
    azure.make_site("orders")
    with pytest.raises(ResourceExistsError):
        put_site(azure, "second", azure.site_body("orders-plan"))
    with pytest.raises(ResourceExistsError) as in_use:
        azure.web.app_service_plans.delete(GROUP, "orders-plan")
    assert "orders" in in_use.value.response.json()["Message"]


@pytest.mark.parametrize("name", ["-orders", "orders-", "or_ders", "o" * 61])
def test_a_name_that_cannot_be_one_is_refused(azure, name):
    azure.make_group()
    azure.make_plan("orders-plan")
    answer = azure.web.check_name_availability({"name": name, "type": "Microsoft.Web/sites"})
    assert (answer.name_available, answer.reason) == (False, "Invalid")
    with pytest.raises(HttpResponseError) as refused:
        put_site(azure, name, azure.site_body("orders-plan"))
    assert refused.value.status_code == 400


def test_a_filter_that_is_not_understood_is_refused(azure):
    azure.make_group()
    with pytest.raises(HttpResponseError) as refused:
        list(azure.resources.resources.list_by_resource_group(GROUP, filter="substringof('x', name)"))
    assert refused.value.error.code == "InvalidFilterInQueryString"


def test_a_group_that_is_going_takes_nothing_new(azure, about):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one", "ignore_sigterm": ""})
    about(site)  # only a host that has started holds its own ending up
    poller = azure.resources.resource_groups.begin_delete(GROUP)
    with pytest.raises(ResourceExistsError) as going:
        azure.make_plan("another")
    assert going.value.error.code == "ResourceGroupBeingDeleted"
    poller.result()


def test_plans_beyond_the_limit_get_the_quota_error(tmp_path, control_plane_process, azure_of):
    plane = control_plane_process(tmp_path / "limited", options=("--max-plans", "1")).start()
    try:
        azure = azure_of(plane)
        azure.make_group()
        azure.make_plan("first")
        azure.make_plan("first")
        with pytest.raises(ResourceExistsError) as beyond:
            azure.make_plan("second")
        assert beyond.value.response.json()["Details"][2]["ErrorEntity"]["ExtendedCode"] == "59301"
    finally:
        plane.stop()


def test_functions_of_a_host_that_does_not_run_are_503_and_of_an_empty_site_none(azure, until):
    site = azure.make_site("orders")
    assert list(azure.web.web_apps.list_functions(GROUP, "orders")) == []
    azure.publish(site, {"crash_at_start": ""})
    until(lambda: httpx.get(f"http://{site.default_host_name}/").status_code == 503)
    with pytest.raises(HttpResponseError) as away:
        list(azure.web.web_apps.list_functions(GROUP, "orders", retry_total=0))
    assert away.value.status_code == 503
