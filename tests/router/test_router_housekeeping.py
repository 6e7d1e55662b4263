"""Housekeeping of a whole router: what has ended costs nothing for ever, and everything that is asked stays true."""

import time

import httpx
import pytest
from stack_with import driver_of, keep_house, orchestrations, stack_with
from version_package import zip_version

from devstack.arm import scm_url
from devstack.router_site import LOCATION, VERSIONS_GROUP, _site_body
from provisioning import app_name, ownership_tags, plan_name

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BROKEN = "\nraise RuntimeError('this package cannot be imported')\n"
RETENTION_SECONDS = 2


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    soon = str(RETENTION_SECONDS / 3600)
    settings = {"ROUTER_HISTORY_RETENTION_HOURS": soon, "ROUTER_ORPHAN_GRACE_HOURS": soon}
    with stack_with(tmp_path_factory.mktemp("kept"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def router(stack):
    driver = driver_of(stack, "kept")
    yield driver
    driver.close()


def await_orchestrations(stack, expected, seconds=60):
    """Keep house until only these are left."""
    deadline = time.monotonic() + seconds
    while (left := orchestrations(stack)) != expected:
        assert time.monotonic() < deadline, left
        keep_house(stack)
        time.sleep(0.5)


def test_changes_of_the_table_leave_no_history(stack, router):
    router.deploy("1.0.0", zip_version("1.0.0"))
    for number in range(5):
        answer = router.call("admin", "POST", "/lines/1.0/keep", json={"reason": f"audit {number}"})
        assert answer.status_code == 200, answer.text
    assert [one for one in orchestrations(stack) if not one.startswith(("monitor~", "deploy~"))] == []


def test_ended_operations_are_purged_and_starts_that_waited_still_tell_how_they_ended(stack, router):
    router.deploy("1.0.0", zip_version("1.0.0"))
    router.release("1.1.0", zip_version("1.1.0"), params={"deploy": "on-demand"})
    router.release("1.2.0", zip_version("1.2.0", more=BROKEN), params={"deploy": "on-demand"})
    delivered = router.start("echo", 7, version="1.1").json()["id"]
    hopeless = router.start("echo", 8, version="1.2").json()["id"]
    told = router.finished(hopeless, seconds=60)
    assert told["runtimeStatus"] == "Failed"
    assert "cannot be imported" in told["output"]
    assert router.finished(delivered)["output"]["input"] == 7

    await_orchestrations(stack, ["monitor~kept"])

    assert router.finished(delivered)["output"]["input"] == 7
    assert router.finished(hopeless) == told
    release = router.call("release", "GET", "/releases/1.2.0").json()
    assert (release["status"], release["operation"]) == ("failed", None)
    assert "cannot be imported" in str(release["conditions"])


def test_a_monitor_survives_housekeeping_and_goes_on(stack, router):
    router.deploy("1.0.0", zip_version("1.0.0"))
    keep_house(stack)
    router.call("admin", "DELETE", "/lines/1.0/keep")
    router.deploy("1.3.0", zip_version("1.3.0"))
    router.await_line("1.0", "retired")
    await_orchestrations(stack, ["monitor~kept"])


class TestOrphans:
    """Apps with the router's tags and names that no table knows, as after a table was lost."""

    def leave_app(self, stack, application):
        """Make an app as the router would have made it, and return its name and the base of its durable API."""
        subscription = stack.arm.bootstrap.subscription
        name = app_name("local", application, "1.0", 1, salt=f"{subscription}/{VERSIONS_GROUP}")
        plan = stack.arm.put_plan(VERSIONS_GROUP, plan_name(name), LOCATION)
        body = {**_site_body(plan, {}), "tags": ownership_tags("local", application, "1.0", 1)}
        site = stack.arm.put_site(VERSIONS_GROUP, name, body)
        stack.arm.publish(scm_url(site, "http"), zip_version("1.0.0"))
        return name, f"http://{site['properties']['defaultHostName']}/runtime/webhooks/durabletask"

    def sites(self, stack):
        return {site["name"] for site in stack.arm.list_running_sites()}

    def orphans(self, router):
        answer = router.http.get(f"{router.url}/api/routes", headers={"x-functions-key": router.keys["admin"]})
        return {orphan["app"]["application"]: orphan for orphan in answer.json()["orphans"]}

    def await_round(self, stack, router, is_reached, seconds=60):
        deadline = time.monotonic() + seconds
        while not is_reached(seen := self.orphans(router).get(router.application, {})):
            assert time.monotonic() < deadline, seen
            keep_house(stack)
            time.sleep(0.5)
        return seen

    def test_an_orphan_is_removed_when_it_is_empty_and_never_before(self, stack):
        lost = driver_of(stack, "lost")
        name, durable = self.leave_app(stack, "lost")
        code = {"code": stack.arm.master_key(VERSIONS_GROUP, name)}
        started = httpx.post(f"{durable}/orchestrators/await_event/1.0~left", params=code, timeout=30)
        assert started.status_code == 202, started.text

        seen = self.await_round(stack, lost, lambda seen: "unfinished" in seen.get("reason", ""))
        assert seen["count"]["blockers"][0]["instance_id"] == "1.0~left"
        for _ in range(3):
            keep_house(stack)
            time.sleep(0.5)
        assert name in self.sites(stack)

        params = {**code, "reason": "enough"}
        ended = httpx.post(f"{durable}/instances/1.0~left/terminate", params=params, timeout=10)
        assert ended.status_code == 202
        self.await_round(stack, lost, lambda seen: seen == {})
        assert name not in self.sites(stack)
        archived = stack.state_dir / "store" / "objects" / "archive" / "lost" / "1.0~left.json"
        assert '"enough"' in archived.read_text()

    def test_a_line_may_be_released_while_an_app_of_its_name_is_an_orphan(self, stack):
        again = driver_of(stack, "again")
        self.leave_app(stack, "again")
        self.await_round(stack, again, lambda seen: bool(seen.get("condemned_at")))
        again.release("1.0.0", zip_version("1.0.0"))
        deadline = time.monotonic() + 60
        while again.line("1.0")["status"] != "live":
            assert time.monotonic() < deadline, again.line("1.0")
            keep_house(stack)
            time.sleep(0.5)
        assert again.finished(again.start("echo", 3).json()["id"])["output"]["input"] == 3
        self.await_round(stack, again, lambda seen: seen == {})
        assert again.finished(again.start("echo", 4).json()["id"])["output"]["input"] == 4

    def test_the_apps_of_lines_are_none(self, stack, router):
        router.deploy("1.3.0", zip_version("1.3.0"))
        known = router.line("1.3")["app"]["name"]
        for _ in range(4):
            keep_house(stack)
            time.sleep(1)
        assert known in self.sites(stack)
        assert "kept" not in self.orphans(router)
