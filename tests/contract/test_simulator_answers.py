"""Everything that the local Resource Manager serves: each route is in a contract, is called, and answers as it says."""

import re
from collections.abc import Iterator

import pytest
from differences import NO_CONTRACT, has_no_contract
from exchanges import Exchange, listening
from verdicts import mistakes, without_contract

from local_azure.control_plane.arm.calls import ArmRoute
from local_azure.control_plane.identity import Identities
from local_azure.control_plane.settings import Settings
from local_azure.control_plane.store import Store
from local_azure.control_plane.wiring import arm_routes, assemble

GROUP = "tour"
OTHER = "tour-other"


@pytest.fixture(scope="module")
def routes(tmp_path_factory) -> list[ArmRoute]:
    state = tmp_path_factory.mktemp("routes")
    store = Store(state / "control.db")
    parts = assemble(Settings(state), store, Identities(store, "header"), "http://127.0.0.1:1")
    found = arm_routes(parts, session=None)
    store.close()
    return found


@pytest.fixture(scope="module")
def tour(quick_azure) -> Iterator[list[Exchange]]:
    """Call everything once, through the SDK where it has the call."""
    with listening() as traffic:
        _groups(quick_azure)
        _plans(quick_azure)
        _sites(quick_azure)
        _slots(quick_azure)
        _tags(quick_azure)
        _locks(quick_azure)
        _polls(quick_azure)
        _endings(quick_azure)
    return [one for one in traffic if one.path.startswith("/subscriptions/")]


def _groups(azure) -> None:
    groups = azure.resources.resource_groups
    for name in (GROUP, OTHER):
        groups.create_or_update(name, {"location": "eastus2", "tags": {"made": "here"}})
    groups.create_or_update(GROUP, {"location": "East US 2"})
    assert groups.check_existence(GROUP)
    assert not groups.check_existence("nowhere")
    groups.update(GROUP, {"tags": {"made": "there"}})
    groups.get(GROUP)
    assert list(groups.list(filter="tagName eq 'made' and tagValue eq 'there'"))


def _plans(azure) -> None:
    plans = azure.web.app_service_plans
    for name, sku, tier in (("flex", "FC1", "FlexConsumption"), ("premium", "EP1", "ElasticPremium")):
        body = {"location": "eastus2", "sku": {"name": sku, "tier": tier}, "properties": {"reserved": True}}
        plans.begin_create_or_update(GROUP, name, body).result()
    plans.update(GROUP, "premium", {"properties": {"maximumElasticWorkerCount": 3}})
    plans.get(GROUP, "flex")
    list(plans.list())
    list(plans.list_by_resource_group(GROUP))
    plans.delete(GROUP, "nothing")


def _sites(azure) -> None:
    apps = azure.web.web_apps
    azure.web.check_name_availability({"name": "tour-flex", "type": "Microsoft.Web/sites"})
    azure.web.check_name_availability({"name": "not a name", "type": "Microsoft.Web/sites"})
    body = azure.site_body("flex", {"A": "1"})
    body["properties"]["serverFarmId"] = "flex"
    site = apps.begin_create_or_update(GROUP, "tour-flex", body).result()
    azure.web.check_name_availability({"name": "tour-flex", "type": "Microsoft.Web/sites"})
    apps.update(GROUP, "tour-flex", {"identity": {"type": "SystemAssigned"}})
    list(apps.list())
    list(apps.list_by_resource_group(GROUP))
    list(azure.web.app_service_plans.list_web_apps(GROUP, "flex"))
    azure.publish(site, {"version.txt": "one"})
    list(apps.list_functions(GROUP, "tour-flex"))
    apps.get_function(GROUP, "tour-flex", "hello")
    apps.list_host_keys(GROUP, "tour-flex")
    apps.create_or_update_host_secret(GROUP, "tour-flex", "functionKeys", "mine", {"name": "mine", "value": "v" * 40})
    apps.get_configuration(GROUP, "tour-flex")
    apps.get_scm_allowed(GROUP, "tour-flex")
    deployment = azure.publish(site, {"version.txt": "two"})["id"]
    apps.begin_get_production_site_deployment_status(GROUP, "tour-flex", deployment).result()
    apps.update_application_settings(GROUP, "tour-flex", {"properties": {"A": "2"}})
    apps.list_application_settings(GROUP, "tour-flex")
    for call in (apps.stop, apps.start, apps.restart, apps.sync_function_triggers, apps.sync_functions):
        call(GROUP, "tour-flex")
    with azure.plane.http() as http:
        http.get(f"{site.id}/hostruntime/admin/host/status").raise_for_status()


def _slots(azure) -> None:
    apps, place = azure.web.web_apps, (GROUP, "tour-premium", "staging")
    body = {"location": "eastus2", "kind": "functionapp,linux", "properties": {"serverFarmId": "premium"}}
    apps.begin_create_or_update(GROUP, "tour-premium", body).result()
    slot = apps.begin_create_or_update_slot(*place, {"location": "eastus2"}).result()
    apps.get_slot(*place)
    apps.update_slot(*place, {"identity": {"type": "SystemAssigned"}})
    assert [one.name for one in apps.list_slots(GROUP, "tour-premium")] == ["tour-premium/staging"]
    apps.update_application_settings_slot(*place, {"properties": {"B": "1"}})
    apps.list_application_settings_slot(*place)
    apps.list_host_keys_slot(*place)
    apps.create_or_update_host_secret_slot(
        GROUP, "tour-premium", "functionKeys", "mine", "staging", {"name": "mine", "value": "v" * 40}
    )
    apps.get_configuration_slot(*place)
    apps.get_scm_allowed_slot(*place)
    deployment = azure.zip_deploy(slot, {"version.txt": "one"})
    apps.begin_get_slot_site_deployment_status_slot(*place, deployment["id"]).result()
    for call in (apps.stop_slot, apps.start_slot, apps.restart_slot):
        call(*place)
    apps.sync_function_triggers_slot(*place)
    apps.sync_functions_slot(*place)
    list(apps.list_instance_functions_slot(*place))
    apps.get_instance_function_slot(GROUP, "tour-premium", "hello", "staging")
    with azure.plane.http() as http:
        http.get(f"{slot.id}/hostruntime/admin/host/status").raise_for_status()
    apps.update_slot_configuration_names(GROUP, "tour-premium", {"properties": {"appSettingNames": ["B"]}})
    apps.list_slot_configuration_names(GROUP, "tour-premium")
    apps.begin_swap_slot_with_production(
        GROUP, "tour-premium", {"targetSlot": "staging", "preserveVnet": True}
    ).result()
    apps.begin_swap_slot(*place, {"targetSlot": "production", "preserveVnet": True}).result()
    apps.delete_slot(*place)
    apps.delete(GROUP, "tour-premium")


def _tags(azure) -> None:
    site = azure.web.web_apps.get(GROUP, "tour-flex").id
    tags = azure.resources.tags
    tags.begin_create_or_update_at_scope(site, {"properties": {"tags": {"a": "1"}}}).result()
    tags.begin_update_at_scope(site, {"operation": "Merge", "properties": {"tags": {"b": "2"}}}).result()
    assert tags.get_at_scope(site).properties.tags == {"a": "1", "b": "2"}
    found = azure.resources.resources.list_by_resource_group(GROUP, filter="tagName eq 'b' and tagValue eq '2'")
    assert [one.name for one in found] == ["tour-flex"]
    list(azure.resources.resources.list())
    tags.begin_delete_at_scope(site).result()


def _locks(azure) -> None:
    group = f"{azure.group.rpartition('/')[0]}/{GROUP}"
    locks = "providers/Microsoft.Authorization/locks"
    with azure.plane.http() as http:
        http.put(f"{group}/{locks}/keep", json={"properties": {"level": "CanNotDelete"}})
        for path in (f"{group}/{locks}/keep", f"{group}/{locks}", f"{group.partition('/resourceGroups')[0]}/{locks}"):
            http.get(path).raise_for_status()
        http.delete(f"{group}/{locks}/keep").raise_for_status()


def _polls(azure) -> None:
    """Let two calls become long-running ones, so that both ways of polling are gone."""
    for style in ("location", "azure_async"):
        azure.plane.set_fault("**/serverfarms/slow", "long_running", method="PUT", style=style)
        body = {"location": "eastus2", "sku": {"name": "B1"}, "properties": {"reserved": True}}
        azure.web.app_service_plans.begin_create_or_update(GROUP, "slow", body).result()


def _endings(azure) -> None:
    azure.web.web_apps.delete(GROUP, "tour-flex", delete_empty_server_farm=False)
    azure.web.web_apps.delete(GROUP, "tour-flex")
    azure.web.app_service_plans.delete(GROUP, "flex")
    azure.resources.resource_groups.begin_delete(GROUP).result()
    azure.resources.resource_groups.begin_delete(OTHER).result()


def test_every_answer_is_as_the_contracts_have_it(tour, contracts):
    assert mistakes(contracts.all, tour) == []


def test_everything_that_is_served_is_called(tour, routes):
    def is_called(route: ArmRoute) -> bool:
        return any(one.method == route.method and route.pattern.fullmatch(one.path) for one in tour)

    missed = [f"{route.method} {route.template}" for route in routes if not is_called(route)]
    assert missed == ["GET /local-azure/sites"]


def test_what_no_contract_has_is_listed_with_its_reason(tour, contracts):
    lines = without_contract(contracts.all, tour)
    assert [line for line in lines if not has_no_contract(line)] == []
    assert [pattern for pattern in NO_CONTRACT if not any(re.search(pattern, line) for line in lines)] == []


def test_every_absence_is_answered_as_the_contracts_have_it(quick_azure, contracts):
    """What is not there: the statuses of the contract, and an error that says what is missing."""
    with listening() as traffic, quick_azure.plane.http() as http:
        http.put(quick_azure.group, json={"location": "eastus2"})
        for path in ("sites/none", "serverfarms/none", "sites/none/functions", "sites/none/functions/x"):
            answer = http.get(f"{quick_azure.group}/providers/Microsoft.Web/{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")
        for path in ("sites/none/config/appsettings/list", "sites/none/host/default/listkeys", "sites/none/stop"):
            assert http.post(f"{quick_azure.group}/providers/Microsoft.Web/{path}").status_code == 404
        for path in ("sites/none", "serverfarms/none"):
            assert http.delete(f"{quick_azure.group}/providers/Microsoft.Web/{path}").status_code == 204
    assert mistakes(contracts.all, traffic) == []
