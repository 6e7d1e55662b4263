"""A Flex app from nothing to nothing, through the real SDK clients, on a control plane in a process of its own."""

import httpx
import pytest
from azure.core.exceptions import ResourceNotFoundError

GROUP = "versions"


def test_a_flex_app_lives_as_in_azure(azure, stand_in, about, until):
    web, groups = azure.web, azure.resources.resource_groups
    assert not groups.check_existence(GROUP)
    azure.make_group()
    assert groups.check_existence(GROUP)

    assert web.check_name_availability({"name": "orders-1-0", "type": "Microsoft.Web/sites"}).name_available
    with pytest.raises(ResourceNotFoundError):
        azure.get_site("orders-1-0")
    plan = azure.make_plan("orders-plan")
    assert (plan.sku.tier, plan.provisioning_state) == ("FlexConsumption", "Succeeded")

    site = web.web_apps.begin_create_or_update(
        GROUP, "orders-1-0", azure.site_body("orders-plan", {"GREETING": "hello"})
    ).result()
    assert (site.state, site.default_host_name) == ("Running", site.host_names[0])
    assert site.function_app_config.runtime.name == "python"
    assert site.identity.principal_id
    assert not web.check_name_availability({"name": "Orders-1-0", "type": "Microsoft.Web/sites"}).name_available
    empty = httpx.get(f"http://{site.default_host_name}/api/anything")
    assert (empty.status_code, "package" in empty.text) == (503, True)

    first = azure.publish(site, {"version.txt": "one", "sub/dir/file.txt": "x"})
    assert (first["status"], first["active"], first["remoteBuild"]) == (4, True, True)
    told = about(site)
    assert (told["version"], told["environment"]["GREETING"]) == ("one", "hello")
    keys = web.web_apps.list_host_keys(GROUP, "orders-1-0")
    assert keys.master_key
    assert keys.function_keys["default"]
    assert [function.name for function in web.web_apps.list_functions(GROUP, "orders-1-0")] == ["orders-1-0/hello"]

    web.web_apps.update_application_settings(GROUP, "orders-1-0", {"properties": {"GREETING": "bonjour"}})
    assert about(site)["environment"]["GREETING"] == "bonjour"
    assert web.web_apps.list_application_settings(GROUP, "orders-1-0").properties == {"GREETING": "bonjour"}

    second = azure.publish(site, {"version.txt": "two"})
    assert second["status"] == 4
    assert about(site)["version"] == "two"
    assert [one["id"] for one in azure.scm.get(first["url"].rpartition("/")[0]).json()] == [second["id"], first["id"]]

    web.web_apps.sync_function_triggers(GROUP, "orders-1-0")
    web.web_apps.stop(GROUP, "orders-1-0")
    assert httpx.get(f"http://{site.default_host_name}/").status_code == 403
    assert azure.get_site("orders-1-0").state == "Stopped"
    web.web_apps.start(GROUP, "orders-1-0")
    pid = about(site)["pid"]
    web.web_apps.restart(GROUP, "orders-1-0")
    assert about(site)["pid"] != pid

    web.web_apps.delete(GROUP, "orders-1-0")
    web.web_apps.delete(GROUP, "orders-1-0")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{site.default_host_name}/")
    assert not (stand_in.state / "sites" / "orders-1-0").exists()
    assert list(web.app_service_plans.list_by_resource_group(GROUP)) == []

    groups.begin_delete(GROUP).result()
    assert not groups.check_existence(GROUP)


def test_deleting_the_group_takes_the_sites_with_it(azure, about, until):
    sites = [azure.make_site(name) for name in ("first", "second")]
    for site in sites:
        azure.publish(site, {"version.txt": "one"})
    poller = azure.resources.resource_groups.begin_delete(GROUP)
    token = poller.continuation_token()
    resumed = azure.resources.resource_groups.begin_delete(GROUP, continuation_token=token)
    resumed.result()
    assert resumed.status() == "Succeeded"
    assert list(azure.web.web_apps.list()) == []
    for site in sites:
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://{site.default_host_name}/")


def test_a_site_deleted_with_its_plan_kept_leaves_the_plan_empty(azure):
    azure.make_site("orders")
    azure.web.web_apps.delete(GROUP, "orders", delete_empty_server_farm=False)
    (plan,) = azure.web.app_service_plans.list_by_resource_group(GROUP)
    assert (plan.name, plan.number_of_sites) == ("orders-plan", 0)
    azure.web.app_service_plans.delete(GROUP, "orders-plan")
    azure.web.app_service_plans.delete(GROUP, "orders-plan")
    assert list(azure.web.app_service_plans.list()) == []


def test_resources_are_found_by_tag_and_only_with_the_right_value(azure):
    azure.make_site("orders")
    found = azure.resources.resources.list_by_resource_group(GROUP, filter="tagName eq 'router' and tagValue eq 'r1'")
    assert [resource.name for resource in found] == ["orders"]
    none = azure.resources.resources.list_by_resource_group(GROUP, filter="tagName eq 'router' and tagValue eq 'r2'")
    assert list(none) == []
    every = azure.resources.resources.list(filter="resourceType eq 'Microsoft.Web/sites'")
    assert [resource.name for resource in every] == ["orders"]


def test_names_compare_without_case_and_keep_their_first_spelling(azure):
    site = azure.make_site("Orders-App")
    assert azure.web.web_apps.get("VERSIONS", "orders-app").id == site.id
    assert azure.get_site("ORDERS-APP").name == "Orders-App"
    again = azure.web.web_apps.begin_create_or_update(GROUP, "orders-app", azure.site_body("ORDERS-APP-PLAN")).result()
    assert (again.id, again.default_host_name) == (site.id, site.default_host_name)


def test_a_patch_changes_what_it_names_and_keeps_the_rest(azure):
    azure.make_site("orders", {"A": "1"})
    azure.web.web_apps.update(GROUP, "orders", {"identity": {"type": "None"}})
    settings = azure.web.web_apps.list_application_settings(GROUP, "orders")
    assert (azure.get_site("orders").tags, settings.properties) == ({"router": "r1"}, {"A": "1"})
    patch = {"properties": {"siteConfig": {"appSettings": [{"name": "B", "value": "2"}]}}}
    azure.web.web_apps.update(GROUP, "orders", patch)
    site = azure.get_site("orders")
    assert (site.tags, site.function_app_config.scale_and_concurrency.maximum_instance_count) == ({"router": "r1"}, 100)
    assert azure.web.web_apps.list_application_settings(GROUP, "orders").properties == {"B": "2"}


def test_tags_are_merged_at_a_scope(azure):
    site = azure.make_site("orders")
    patch = {"operation": "Merge", "properties": {"tags": {"digest": "abc"}}}
    azure.resources.tags.begin_update_at_scope(site.id, patch).result()
    assert azure.get_site("orders").tags == {"router": "r1", "digest": "abc"}
