"""What an app leaves in its storage account is removed with it, and nothing else is."""

import pytest

from provisioning import TemporaryError, ownership_tags, tracking_store_settings
from provisioning.azure_backend.task_hub import hub_name, hub_parts, storage_endpoints
from provisioning.tracking_store import shares_tracking_store

APP = "orders-1-4-g2-abcdefghij"
TAGS = ownership_tags("router-under-test", "orders", "1.4", 2)
HUB = "orders14g2abcdefghij"
QUEUES = [f"/queue/{HUB}-workitems", *(f"/queue/{HUB}-control-{number:02}" for number in range(16))]
TABLES = [f"/table/Tables('{HUB}{name}')" for name in ("History", "Instances", "Partitions")]
CONTAINERS = [f"/blob/{HUB}-{name}?restype=container" for name in ("leases", "largemessages", "applease")]


@pytest.fixture
def azure(scripted, reply):
    """Resource Manager with the app; its storage account is the same server."""
    settings = {
        f"AzureWebJobsStorage__{kind}ServiceUri": f"{scripted.url}/{kind}/" for kind in ("blob", "queue", "table")
    }
    site = {
        "name": APP,
        "tags": TAGS,
        "properties": {"state": "Running", "serverFarmId": "/x/serverfarms/plan-x", "sku": "FlexConsumption"},
    }
    scripted.on("GET", f"/sites/{APP}", reply(200, site))
    scripted.on("POST", "/config/appsettings/list", reply(200, {"properties": settings}))
    scripted.on("POST", f"/sites/{APP}/stop", reply(200))
    scripted.on("DELETE", f"/sites/{APP}", reply(200))
    scripted.on("GET", "/serverfarms/plan-x", reply(404, {"error": {"code": "ResourceNotFound"}}))
    for kind, status in (("queue", 204), ("table", 204), ("blob", 202)):
        scripted.on("DELETE", f"^/{kind}/", reply(status))
    return scripted


def test_every_part_of_the_hub_goes_after_the_stop_and_before_the_app(azure, scripted_platform):
    deleted = scripted_platform.ensure_absent(APP, TAGS)

    calls = [
        (method, path)
        for method, path, _, _ in azure.asked
        if method == "DELETE" or path.split("?")[0].endswith("/stop")
    ]
    assert calls[0][0] == "POST"
    assert [path for _, path in calls[1:-1]] == [*QUEUES, *TABLES, *CONTAINERS]
    assert f"/sites/{APP}" in calls[-1][1]
    assert len(deleted) == len(QUEUES) + len(TABLES) + len(CONTAINERS) + 1
    assert deleted[-1] == f"app {APP}"
    tokens = {headers["Authorization"] for _, path, headers, _ in azure.asked if path.startswith("/queue/")}
    assert tokens == {"Bearer a-token-for-https://storage.azure.com/.default"}


@pytest.mark.parametrize(
    "name",
    [
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__trackingStoreConnectionName",
        "azurefunctionsjobhost:extensions:durableTask:storageProvider:trackingStoreNamePrefix",
    ],
    ids=["as the router writes it", "as somebody else may"],
)
def test_the_tables_of_a_shared_tracking_store_are_never_deleted(azure, scripted_platform, reply, name):
    settings = {f"AzureWebJobsStorage__{kind}ServiceUri": f"{azure.url}/{kind}" for kind in ("blob", "queue", "table")}
    azure.on("POST", "/config/appsettings/list", reply(200, {"properties": {**settings, name: "Orders"}}))

    scripted_platform.ensure_absent(APP, TAGS)

    deleted = azure.paths("DELETE")
    assert [path for path in deleted if path.startswith("/table/")] == [f"/table/Tables('{HUB}Partitions')"]
    assert [path for path in deleted if path.startswith(("/queue/", "/blob/"))] == [*QUEUES, *CONTAINERS]


def test_the_settings_of_a_shared_tracking_store_name_a_connection_and_are_recognised():
    settings = tracking_store_settings("stshared", "orders", client_id="42")

    provider = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"
    assert settings == {
        f"{provider}trackingStoreConnectionName": "TrackingStore",
        f"{provider}trackingStoreNamePrefix": "orders",
        "TrackingStore__accountName": "stshared",
        "TrackingStore__credential": "managedidentity",
        "TrackingStore__clientId": "42",
    }
    assert "TrackingStore__clientId" not in tracking_store_settings("stshared", "orders")
    assert shares_tracking_store(settings)
    assert not shares_tracking_store({"AzureWebJobsStorage__accountName": "x"})
    assert not shares_tracking_store({f"{provider}trackingStoreNamePrefix": ""})


def test_the_hubs_of_slots_go_with_the_app(azure, scripted_platform, reply):
    site = {"name": APP, "tags": TAGS, "properties": {"state": "Running", "sku": "ElasticPremium"}}
    azure.on("GET", f"/sites/{APP}", reply(200, site))
    azure.on("GET", f"/sites/{APP}/slots", reply(200, {"value": [{"name": f"{APP}/staging", "properties": {}}]}))
    azure.on("GET", "/serverfarms/", reply(404, {"error": {"code": "ResourceNotFound"}}))

    scripted_platform.ensure_absent(APP, TAGS)

    tables = [path for path in azure.paths("DELETE") if path.startswith("/table/")]
    staging = [f"/table/Tables('{HUB}staging{name}')" for name in ("History", "Instances", "Partitions")]
    assert tables == [*TABLES, *staging]


def test_the_plan_that_other_lines_share_is_kept_with_the_app_and_after_it(azure, scripted_platform, reply):
    plan = {"name": "plan-x", "tags": {"durable-router-id": "router-under-test"}}
    azure.on("GET", "/serverfarms/plan-x", reply(200, plan))

    deleted = scripted_platform.ensure_absent(APP, TAGS)

    assert deleted[-1] == f"app {APP}"
    assert "deleteEmptyServerFarm=false" in next(path for path in azure.paths("DELETE") if "/sites/" in path)
    assert not [path for path in azure.paths("DELETE") if "/serverfarms/" in path]


def test_parts_that_are_not_there_are_not_named(azure, scripted_platform, reply):
    azure.on("DELETE", "^/(queue|table|blob)/", reply(404))

    assert scripted_platform.ensure_absent(APP, TAGS) == (f"app {APP}",)


def test_a_missing_right_on_the_storage_does_not_keep_the_line_and_is_said(azure, scripted_platform, reply):
    azure.on("DELETE", "^/queue/", reply(403, "", {"x-ms-error-code": "AuthorizationPermissionMismatch"}))

    deleted = scripted_platform.ensure_absent(APP, TAGS)

    assert deleted == (f"not deleted: task hub {HUB} (forbidden)", f"app {APP}")


def test_storage_that_is_away_is_tried_again_and_the_app_stays_until_then(azure, scripted_platform, reply):
    azure.on("DELETE", "^/table/", reply(503))

    with pytest.raises(TemporaryError):
        scripted_platform.ensure_absent(APP, TAGS)

    assert not [path for path in azure.paths("DELETE") if "/sites/" in path]


def test_a_hub_is_named_as_the_extension_names_it():
    assert hub_name(APP) == HUB
    assert hub_name("a-" * 40) == "a" * 40


@pytest.mark.parametrize(
    ("settings", "queue"),
    [
        ({"AzureWebJobsStorage__accountName": "acc"}, "https://acc.queue.core.windows.net"),
        ({"AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountKey=x"}, None),
        ({}, None),
    ],
    ids=["an identity", "a connection string", "nothing"],
)
def test_storage_is_found_where_an_identity_reaches_it(settings, queue):
    endpoints = storage_endpoints(settings)

    assert (endpoints and endpoints["queue"]) == queue
    if endpoints:
        assert hub_parts(HUB, endpoints)[0].url == f"{queue}/{HUB}-workitems"
