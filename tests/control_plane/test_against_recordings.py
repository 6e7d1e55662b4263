"""What is answered, held against recorded traffic of the real Azure: statuses, and members with their types."""

import json
from pathlib import Path

import pytest

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "azure" / "recordings"
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"the recorded traffic is not at {RECORDINGS}")


def recorded(file: str, method: str, ending: str) -> dict:
    """Return the first recorded interaction whose path ends so."""
    interactions = json.loads((RECORDINGS / file).read_text())["interactions"]
    for interaction in interactions:
        if interaction["method"] == method and interaction["url"].partition("?")[0].lower().endswith(ending.lower()):
            return interaction
    raise AssertionError(f"{file} has no {method} …{ending}")


def disagreements(ours, theirs, path: str = "") -> list[str]:
    """Name each member of ours that Azure does not have, or has with another type; null agrees with everything."""
    if ours is None or theirs is None:
        return []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        unknown = [f"{path}.{name} is not Azure's" for name in ours if name not in theirs]
        known = [disagreements(ours[name], theirs[name], f"{path}.{name}") for name in ours if name in theirs]
        return unknown + [line for lines in known for line in lines]
    if isinstance(ours, list) and isinstance(theirs, list):
        return disagreements(ours[0], theirs[0], f"{path}[]") if ours and theirs else []
    return [] if type(ours) is type(theirs) else [f"{path}: {type(ours).__name__}, not {type(theirs).__name__}"]


FLEX = "azd_Up_Down_FuncApp_flex.json"


@pytest.fixture
def arm(stand_in):
    with stand_in.http() as client:
        yield client


def test_a_flex_site_is_answered_like_the_recorded_one(azure, arm):
    site = azure.make_site("orders")
    real = recorded(FLEX, "GET", "/sites/func-lvi65vsqwleik")
    ours = arm.get(site.id)
    assert ours.status_code == real["status"]
    # The names of tags are the user's own, and this recording of a GET leaves the identity out.
    real_document = real["response_body"] | {"tags": None, "identity": None}
    assert disagreements(ours.json(), real_document) == []
    for name in ("type", "kind", "location"):
        assert ours.json()[name] == real["response_body"][name]


def test_a_flex_plan_is_answered_like_the_recorded_one(azure, arm):
    azure.make_site("orders")
    real = recorded(FLEX, "GET", "/serverfarms/plan-lvi65vsqwleik")
    ours = arm.get(f"{azure.group}/providers/Microsoft.Web/serverfarms/orders-plan")
    assert ours.status_code == real["status"]
    assert disagreements(ours.json(), real["response_body"]) == []
    assert ours.json()["sku"] == real["response_body"]["sku"]


def test_a_publish_and_its_deployment_are_answered_like_the_recorded_ones(azure, zip_of):
    site = azure.make_site("orders")
    real = recorded(FLEX, "POST", "/api/publish")
    ours = azure.post_package(site, zip_of({"a.txt": "a"}))
    assert ours.status_code == real["status"]
    assert type(ours.json()) is type(real["response_body"])
    assert ours.headers["Location"].endswith(f"/api/deployments/{ours.json()}")
    real_deployment = recorded(FLEX, "GET", f"/api/deployments/{real['response_body']}")
    ended = azure.publish(azure.make_site("second"), {"a.txt": "a"})
    assert disagreements(ended, real_deployment["response_body"]) == []
    assert set(real_deployment["response_body"]) == set(ended)


def test_keys_settings_and_name_checks_are_answered_like_the_recorded_ones(azure, arm):
    site = azure.make_site("orders", {"A": "1"})
    keys = recorded("azcli_test_functionapp_keys_list.json", "POST", "/host/default/listkeys")["response_body"]
    assert set(arm.post(f"{site.id}/host/default/listkeys").json()) == set(keys)
    real = recorded("azcli_test_functionapp_on_linux_consumption_python_39.json", "POST", "/appsettings/list")
    ours = arm.post(f"{site.id}/config/appsettings/list")
    assert (ours.status_code, set(ours.json())) == (real["status"], set(real["response_body"]))
    check = recorded("azps_flex_create_transcript.json", "POST", "/checknameavailability")
    url = f"{azure.group.partition('/resourceGroups')[0]}/providers/Microsoft.Web/checknameavailability"
    assert arm.post(url, json=check["request_body"]).json() == check["response_body"]


def test_groups_are_made_probed_and_deleted_with_the_recorded_statuses(azure, arm):
    stacks = "azd_DeploymentStacks_resource_group.json"
    real = recorded(stacks, "PUT", "/resourcegroups/rg-azdtest-d7ffc20")
    made = arm.put(azure.group, json={"location": "eastus2"})
    assert made.status_code == real["status"]
    assert disagreements(made.json(), real["response_body"]) == []
    assert arm.head(azure.group).status_code == recorded(stacks, "HEAD", "/resourceGroups/rg-azdtest-d7ffc20")["status"]
    deleted = arm.delete(azure.group)
    assert deleted.status_code == recorded(FLEX, "DELETE", "/resourcegroups/rg-azdtest-daa0f52")["status"]
    assert "/operationresults/" in deleted.headers["Location"]


def test_an_absent_site_and_the_empty_list_of_plans_have_the_recorded_shape(azure, arm):
    azure.make_group()
    absent = recorded("azcli_test_functionapp_elastic_plan.json", "DELETE", "/sites/funcappplan000002")
    assert arm.delete(f"{azure.group}/providers/Microsoft.Web/sites/nothing").status_code == absent["status"]
    plans = recorded("azcli_test_functionapp_auto_delete_plan.json", "GET", "/serverfarms")
    assert arm.get(f"{azure.group}/providers/Microsoft.Web/serverfarms").json() == plans["response_body"]


def test_errors_quoted_by_others_are_answered_in_the_same_words(azure):
    quoted = json.loads((RECORDINGS / "error_bodies.json").read_text())["errors"]
    without_config = next(error for error in quoted if error["case"] == "Flex PUT without functionAppConfig")
    azure.make_group()
    azure.make_plan("orders-plan")
    body = azure.site_body("orders-plan")
    del body["properties"]["functionAppConfig"]
    with pytest.raises(Exception, match="FunctionAppConfig") as refused:
        azure.web.web_apps.begin_create_or_update("versions", "orders", body).result()
    answer = refused.value.response.json()
    assert (refused.value.status_code, answer["Code"]) == (without_config["status"], without_config["code"])
    assert answer["Message"] == without_config["message"]
