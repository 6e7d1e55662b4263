"""Slots of an app: a process of their own each, and swaps that exchange code and settings and nothing else."""

import sqlite3

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from plane_process import GROUP, scm_url, zip_of


@pytest.fixture
def app(azure):
    """An app on a plan with slots, running version one."""
    azure.make_group()
    azure.make_plan("premium", "EP1", "ElasticPremium")
    settings = [{"name": name, "value": "production"} for name in ("COLOUR", "STICKY")]
    properties = {"serverFarmId": "premium", "siteConfig": {"appSettings": settings}}
    body = {"location": "eastus2", "kind": "functionapp,linux", "properties": properties}
    app = azure.web.web_apps.begin_create_or_update(GROUP, "orders", body).result()
    azure.zip_deploy(app, {"version.txt": "one"})
    return app


def make_slot(azure, name="staging", settings=None):
    slot = azure.web.web_apps.begin_create_or_update_slot(GROUP, "orders", name, {"location": "eastus2"}).result()
    if settings:
        azure.web.web_apps.update_application_settings_slot(GROUP, "orders", name, {"properties": settings})
    return slot


def swap(azure, source="staging", target="production"):
    body = {"targetSlot": target, "preserveVnet": True}
    azure.web.web_apps.begin_swap_slot(GROUP, "orders", source, body).result()


def told(about, site):
    told = about(site)
    return told["version"], told["environment"].get("COLOUR"), told["environment"].get("STICKY")


def test_a_slot_runs_beside_its_app_with_the_same_settings_and_code_of_its_own(azure, app, about):
    slot = make_slot(azure)
    assert (slot.name, slot.type) == ("orders/staging", "Microsoft.Web/sites/slots")
    assert slot.default_host_name != app.default_host_name

    azure.zip_deploy(slot, {"version.txt": "two"})

    assert (told(about, app), told(about, slot)) == (
        ("one", "production", "production"),
        ("two", "production", "production"),
    )
    ours, theirs = about(app), about(slot)
    assert ours["pid"] != theirs["pid"]
    assert (ours["environment"]["WEBSITE_SITE_NAME"], theirs["environment"]["WEBSITE_SITE_NAME"]) == (
        "orders",
        "orders",
    )
    slots = (ours["environment"]["WEBSITE_SLOT_NAME"], theirs["environment"]["WEBSITE_SLOT_NAME"])
    assert slots == ("Production", "staging")
    assert [one.name for one in azure.web.web_apps.list()] == ["orders"]


def test_a_swap_exchanges_code_and_settings_and_leaves_hosts_keys_and_sticky_settings(azure, app, about):
    slot = make_slot(azure, settings={"COLOUR": "staging", "STICKY": "staging"})
    azure.zip_deploy(slot, {"version.txt": "two"})
    names = {"properties": {"appSettingNames": ["STICKY"]}}
    azure.web.web_apps.update_slot_configuration_names(GROUP, "orders", names)
    keys = [
        azure.web.web_apps.list_host_keys(GROUP, "orders"),
        azure.web.web_apps.list_host_keys_slot(GROUP, "orders", "staging"),
    ]

    swap(azure)

    assert (told(about, app), told(about, slot)) == (("two", "staging", "production"), ("one", "production", "staging"))
    status = azure.web.web_apps.get(GROUP, "orders").slot_swap_status
    assert (status.source_slot_name, status.destination_slot_name) == ("staging", "Production")
    after = [
        azure.web.web_apps.list_host_keys(GROUP, "orders"),
        azure.web.web_apps.list_host_keys_slot(GROUP, "orders", "staging"),
    ]
    assert [key.master_key for key in after] == [key.master_key for key in keys]

    swap(azure)

    assert (told(about, app), told(about, slot)) == (("one", "production", "production"), ("two", "staging", "staging"))


def test_code_that_was_swapped_away_survives_the_next_deployments(azure, app, about):
    slot = make_slot(azure)
    azure.zip_deploy(slot, {"version.txt": "two"})
    swap(azure)
    azure.zip_deploy(slot, {"version.txt": "three"})
    azure.zip_deploy(slot, {"version.txt": "four"})
    assert (told(about, app)[0], told(about, slot)[0]) == ("two", "four")
    swap(azure)
    assert (told(about, app)[0], told(about, slot)[0]) == ("four", "two")


def test_a_swap_that_was_accepted_is_carried_out_after_a_kill(azure, app, about, stand_in, until):
    slot = make_slot(azure)
    azure.zip_deploy(slot, {"version.txt": "two"})
    with stand_in.http() as http:
        accepted = http.post(f"{slot.id}/slotsswap", json={"targetSlot": "production", "preserveVnet": True})
    assert accepted.status_code == 202
    stand_in.kill()
    stand_in.start()
    with stand_in.http() as http:
        until(lambda: http.get(accepted.headers["Location"]).status_code == 200)
    assert (told(about, app)[0], told(about, slot)[0]) == ("two", "one")


def test_slots_run_again_after_a_restart_and_go_with_their_app(azure, app, about, stand_in):
    slot = make_slot(azure)
    azure.zip_deploy(slot, {"version.txt": "two"})
    stand_in.kill()
    stand_in.start()
    assert (told(about, app)[0], told(about, slot)[0]) == ("one", "two")
    azure.web.web_apps.delete(GROUP, "orders")
    assert list((stand_in.state / "sites").iterdir()) == []
    with pytest.raises(ResourceNotFoundError):
        azure.web.web_apps.get_slot(GROUP, "orders", "staging")
    assert list(azure.web.app_service_plans.list()) == []


def test_a_slot_is_deleted_alone_and_its_plan_stays(azure, app, about):
    make_slot(azure)
    azure.web.web_apps.delete_slot(GROUP, "orders", "staging")
    azure.web.web_apps.delete_slot(GROUP, "orders", "staging")
    assert told(about, app)[0] == "one"
    assert [plan.name for plan in azure.web.app_service_plans.list()] == ["premium"]


def test_a_plan_has_room_for_so_many_slots_and_flex_for_none(azure, app):
    for name in ("first", "second"):
        make_slot(azure, name)
    make_slot(azure, "second")
    with pytest.raises(ResourceExistsError, match="number of slots allowed for the 'ElasticPremium' SKU"):
        make_slot(azure, "third")
    azure.make_site("flex")
    with pytest.raises(ResourceExistsError, match="'FlexConsumption' SKU"):
        azure.web.web_apps.begin_create_or_update_slot(GROUP, "flex", "staging", {"location": "eastus2"}).result()


def test_swaps_that_make_no_sense_are_refused(azure, app):
    make_slot(azure)
    with pytest.raises(HttpResponseError, match="are the same"):
        swap(azure, "staging", "STAGING")
    with pytest.raises(ResourceNotFoundError, match="orders/nowhere"):
        swap(azure, "staging", "nowhere")
    with pytest.raises(HttpResponseError, match="production"):
        make_slot(azure, "production")


def test_nothing_is_swapped_while_a_deployment_runs(azure, app, stand_in):
    slot = make_slot(azure)
    stand_in.set_fault("scm/orders(staging)/api/zipdeploy", "stuck_deployment")
    package = zip_of({"version.txt": "two"})
    assert azure.scm.post(f"{scm_url(slot)}/api/zipdeploy?isAsync=true", content=package).status_code == 202
    with pytest.raises(ResourceExistsError, match="another operation is in progress"):
        swap(azure)


def test_a_state_folder_from_before_slots_is_read(azure, stand_in, about):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    stand_in.kill()
    with sqlite3.connect(stand_in.state / "control.db") as connection:
        for column in ("slot", "options", "site_config", "sticky_names", "last_swap"):
            connection.execute(f"ALTER TABLE sites DROP COLUMN {column}")
        connection.execute("ALTER TABLE deployments DROP COLUMN fault")
    stand_in.start()
    assert about(site)["version"] == "one"
    assert azure.get_site("orders").default_host_name == site.default_host_name
