"""Management locks: what they forbid is refused in Resource Manager's words, and nothing else is."""

import pytest
from azure.core.exceptions import ResourceExistsError
from plane_process import GROUP


@pytest.fixture
def arm(azure, stand_in):
    azure.make_site("orders")
    with stand_in.http() as http:
        yield http


def lock(arm, scope, level="CanNotDelete", name="keep"):
    body = {"properties": {"level": level, "notes": "by the tests"}}
    return arm.put(f"{scope}/providers/Microsoft.Authorization/locks/{name}", json=body)


def unlock(arm, scope, name="keep"):
    return arm.delete(f"{scope}/providers/Microsoft.Authorization/locks/{name}")


def test_a_lock_is_set_read_listed_and_taken_away(azure, arm):
    site = azure.get_site("orders").id
    assert [lock(arm, site).status_code, lock(arm, site).status_code] == [201, 200]
    path = f"{site}/providers/Microsoft.Authorization/locks"
    assert arm.get(f"{path}/keep").json()["properties"] == {"level": "CanNotDelete", "notes": "by the tests"}
    subscription = azure.group.partition("/resourceGroups")[0]
    for scope in (site, azure.group, subscription):
        listed = arm.get(f"{scope}/providers/Microsoft.Authorization/locks").json()["value"]
        assert [one["id"] for one in listed] == [f"{path}/keep"]
    assert [unlock(arm, site).status_code, unlock(arm, site).status_code] == [200, 204]
    assert (arm.get(f"{path}/keep").status_code, arm.get(f"{path}/keep").json()["error"]["code"]) == (
        404,
        "LockNotFound",
    )
    assert lock(arm, site, level="Forever").json()["error"]["code"] == "InvalidLockLevel"


@pytest.mark.parametrize("where", ["site", "group", "subscription"])
def test_what_is_locked_is_not_deleted_until_the_lock_is_gone(azure, arm, where):
    site = azure.get_site("orders").id
    scope = {"site": site, "group": azure.group, "subscription": azure.group.partition("/resourceGroups")[0]}[where]
    lock(arm, scope)

    with pytest.raises(ResourceExistsError) as refused:
        azure.web.web_apps.delete(GROUP, "orders")

    assert (refused.value.status_code, refused.value.error.code) == (409, "ScopeLocked")
    assert f"are locked: '{scope}'" in refused.value.error.message
    azure.web.web_apps.update_application_settings(GROUP, "orders", {"properties": {"A": "1"}})
    unlock(arm, scope)
    azure.web.web_apps.delete(GROUP, "orders")
    assert list(azure.web.web_apps.list()) == []


def test_a_group_is_not_deleted_with_something_locked_in_it(azure, arm):
    site = azure.get_site("orders").id
    lock(arm, site)
    with pytest.raises(ResourceExistsError, match="sites/orders"):
        azure.resources.resource_groups.begin_delete(GROUP)
    assert azure.get_site("orders").state == "Running"


def test_a_lock_on_one_app_says_nothing_of_one_with_a_longer_name(azure, arm):
    azure.make_site("orders-2")
    lock(arm, azure.get_site("orders").id)
    azure.web.web_apps.delete(GROUP, "orders-2")
    assert [site.name for site in azure.web.web_apps.list()] == ["orders"]


def test_what_is_read_only_is_not_changed_but_read(azure, arm):
    site = azure.get_site("orders").id
    lock(arm, azure.group, "ReadOnly")
    with pytest.raises(ResourceExistsError) as refused:
        azure.web.web_apps.update_application_settings(GROUP, "orders", {"properties": {"A": "1"}})
    assert "cannot perform write operation" in refused.value.error.message
    # Listing secrets is a POST, and Azure counts it as writing.
    assert arm.post(f"{site}/config/appsettings/list").status_code == 409
    assert arm.get(site).status_code == 200
    unlock(arm, azure.group)
    assert arm.post(f"{site}/config/appsettings/list").status_code == 200


def test_a_lock_goes_with_what_it_was_on(azure, arm):
    site = azure.get_site("orders").id
    lock(arm, site, "CanNotDelete")
    unlock(arm, site)
    lock(arm, site, "CanNotDelete", name="another")
    unlock(arm, site, name="another")
    azure.web.web_apps.delete(GROUP, "orders")
    azure.make_site("orders")
    azure.web.web_apps.delete(GROUP, "orders")
    assert list(azure.web.web_apps.list()) == []
