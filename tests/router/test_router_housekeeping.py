"""Housekeeping of a whole router: what has ended costs nothing for ever, and everything that is asked stays true."""

import time

import pytest
from stack_with import driver_of, keep_house, orchestrations, stack_with
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BROKEN = "\nraise RuntimeError('this package cannot be imported')\n"
RETENTION_SECONDS = 2


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    settings = {"ROUTER_HISTORY_RETENTION_HOURS": str(RETENTION_SECONDS / 3600)}
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
    keep_house(stack)
    router.call("admin", "DELETE", "/lines/1.0/keep")
    router.deploy("1.3.0", zip_version("1.3.0"))
    router.await_line("1.0", "retired")
    await_orchestrations(stack, ["monitor~kept"])
