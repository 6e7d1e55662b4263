"""Deletions that go on after Azure has answered: followed to their end, by another process too, and never repeated."""

import pytest

from provisioning import AzurePlatform, Pending, PermanentError, ownership_tags

APP = "orders-1-4-g2-abcdefghij"
TAGS = ownership_tags("router-under-test", "orders", "1.4", 2)
NOT_FOUND = {"error": {"code": "ResourceNotFound", "message": "not found"}}
SITE = {
    "name": APP,
    "tags": TAGS,
    "properties": {"state": "Stopped", "serverFarmId": "/x/serverfarms/plan-x", "sku": "FlexConsumption"},
}
PLAN = {"name": "plan-x", "tags": TAGS}


@pytest.fixture
def arm(scripted, reply):
    """An app and a plan of its own, which is not there any more once it was asked for often enough."""
    scripted.on("GET", "/sites/", reply(404, NOT_FOUND))
    scripted.on("GET", f"/sites/{APP}", reply(200, SITE))
    scripted.on("POST", "/config/appsettings/list", reply(200, {"properties": {}}))
    scripted.on("GET", "/serverfarms/", reply(404, NOT_FOUND))
    scripted.on("DELETE", f"/sites/{APP}", reply(200))
    return scripted


def going_on(arm, reply, what, *answers, by="Location"):
    """Let a deletion be answered with 202, and its operation with the answers in turn."""
    url = f"{arm.url}/subscriptions/sub/providers/Microsoft.Web/operations/{what}?api-version=2025-05-01"
    accepted = reply(202, "", {by: url, "Retry-After": "7"})
    arm.on("DELETE", f"/{what}/", accepted)
    under_way = reply(200, {"status": "InProgress"}) if by != "Location" else accepted
    arm.on("GET", f"/operations/{what}", *([under_way] if not answers else [under_way, *answers]))


def another_process(platform):
    return AzurePlatform(platform._settings, platform._given_credential)


def deletes(arm):
    return [path.split("?")[0].rpartition("/")[2] for path in arm.paths("DELETE")]


@pytest.mark.parametrize(
    ("by", "ended"),
    [("Location", (200, "")), ("Location", (204, "")), ("Azure-AsyncOperation", (200, {"status": "Succeeded"}))],
)
def test_the_deletion_of_an_app_is_followed_to_its_end_by_whoever_comes(arm, scripted_platform, reply, by, ended):
    going_on(arm, reply, "sites", reply(*ended), by=by)

    begun = scripted_platform.ensure_absent(APP, TAGS)

    assert isinstance(begun, Pending)
    assert (begun.doing, begun.retry_after.total_seconds()) == (f"deleting app {APP}", 7.0)
    still = another_process(scripted_platform).ensure_absent(APP, TAGS, begun.continuation)
    assert isinstance(still, Pending)
    arm.on("GET", f"/sites/{APP}", reply(404, NOT_FOUND))
    assert another_process(scripted_platform).ensure_absent(APP, TAGS, still.continuation) == (f"app {APP}",)
    assert deletes(arm) == [APP]


def test_the_deletion_of_a_plan_is_followed_and_what_was_deleted_before_is_not_forgotten(arm, scripted_platform, reply):
    arm.on("GET", "/serverfarms/plan-x", reply(200, PLAN))
    going_on(arm, reply, "serverfarms", reply(200))

    begun = scripted_platform.ensure_absent(APP, TAGS)

    assert isinstance(begun, Pending)
    assert begun.doing == "deleting plan plan-x"
    arm.on("GET", f"/sites/{APP}", reply(404, NOT_FOUND))
    still = another_process(scripted_platform).ensure_absent(APP, TAGS, begun.continuation)
    arm.on("GET", "/serverfarms/", reply(404, NOT_FOUND))
    assert another_process(scripted_platform).ensure_absent(APP, TAGS, still.continuation) == (
        f"app {APP}",
        "plan plan-x",
    )
    assert deletes(arm) == [APP, "plan-x"]


def test_a_deletion_that_fails_in_the_end_says_why(arm, scripted_platform, reply):
    denied = {"status": "Failed", "error": {"code": "AuthorizationFailed", "message": "no right to delete the plan"}}
    going_on(arm, reply, "sites", reply(200, denied), by="Azure-AsyncOperation")
    begun = scripted_platform.ensure_absent(APP, TAGS)
    still = scripted_platform.ensure_absent(APP, TAGS, begun.continuation)

    with pytest.raises(PermanentError, match="no right to delete the plan") as caught:
        scripted_platform.ensure_absent(APP, TAGS, still.continuation)

    assert caught.value.code == "forbidden"


def test_a_deletion_that_a_lock_stops_in_the_end_is_begun_anew_once_the_wait_is_over(arm, scripted_platform, reply):
    locked = {"status": "Failed", "error": {"code": "ScopeLocked", "message": "locked: 'keep'"}}
    going_on(arm, reply, "sites", reply(200, locked), by="Azure-AsyncOperation")
    begun = scripted_platform.ensure_absent(APP, TAGS)
    still = scripted_platform.ensure_absent(APP, TAGS, begun.continuation)

    ended = scripted_platform.ensure_absent(APP, TAGS, still.continuation)

    assert isinstance(ended, Pending)
    assert ("locked: 'keep'" in ended.doing, ended.retry_after.total_seconds()) == (True, 10)
    arm.on("DELETE", f"/sites/{APP}", reply(200))
    assert scripted_platform.ensure_absent(APP, TAGS, ended.continuation) == (f"app {APP}",)
    assert deletes(arm) == [APP, APP]


@pytest.mark.parametrize("continuation", ["", "no json", '{"operation":"site","token":"x"}'])
def test_a_lost_or_foreign_continuation_does_no_harm(arm, scripted_platform, continuation):
    assert scripted_platform.ensure_absent(APP, TAGS, continuation) == (f"app {APP}",)


def test_an_app_that_somebody_else_has_is_not_looked_at_by_way_of_a_continuation(arm, scripted_platform, reply):
    going_on(arm, reply, "sites", reply(200))
    begun = scripted_platform.ensure_absent(APP, TAGS)
    still = scripted_platform.ensure_absent(APP, TAGS, begun.continuation)
    arm.on("GET", f"/sites/{APP}", reply(200, {**SITE, "tags": {**TAGS, "durable-router-id": "another"}}))

    with pytest.raises(PermanentError, match="refusing to delete"):
        scripted_platform.ensure_absent(APP, TAGS, still.continuation)
