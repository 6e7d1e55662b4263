"""A whole router whose old tombstones leave the table: nobody who asks notices, and the lines can come back."""

import time

import pytest
from router_driver import problem_of
from stack_with import driver_of, keep_house, stack_with
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NONE_KEPT = {"version_registry/tombstones.py": ("KEPT_IN_TABLE = 20", "KEPT_IN_TABLE = 0")}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with stack_with(tmp_path_factory.mktemp("graves"), NONE_KEPT) as running:
        yield running


@pytest.fixture(scope="module")
def router(stack):
    """An application whose lines 1.0 and 1.1 are in the archive."""
    driver = driver_of(stack, "graves")
    driver.deploy("1.0.0", zip_version("1.0.0"))
    driver.finished(driver.start("echo", "kept", key="old").json()["id"])
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        driver.deploy(version, zip_version(version))
    await_archived(stack, driver, {"1.0", "1.1"})
    yield driver
    driver.close()


def await_archived(stack, router, lines):
    """Keep house until the table holds none of these."""
    deadline = time.monotonic() + 90
    while lines & {line["name"] for line in router.routes()["lines"]}:
        assert time.monotonic() < deadline, router.routes()
        keep_house(stack)
        time.sleep(0.5)


def test_archived_lines_are_not_in_the_table_and_are_shown_to_whoever_asks(router):
    assert [line["name"] for line in router.routes()["lines"]] == ["1.3", "1.2"]
    everything = router.call("admin", "GET", "/routes", params={"all": "true"}).json()
    lines = {line["name"]: line for line in everything["lines"]}
    assert list(lines) == ["1.3", "1.2", "1.1", "1.0"]
    assert (lines["1.0"]["status"], lines["1.0"]["receipt"]["archived"]) == ("retired", 1)
    release = router.call("release", "GET", "/releases/1.0.0").json()
    assert (release["status"], release["line_status"]) == ("retired", "retired")


def test_an_instance_of_an_archived_line_still_tells_how_it_ended(router):
    assert router.status("1.0~old").json()["output"]["input"] == "kept"
    late = router.command("1.0~old", "terminate")
    assert (late.status_code, problem_of(late)) == (410, "gone")


def test_an_archived_version_is_never_used_twice(router):
    refused = router.release("1.1.0", zip_version("1.1.0", more="\nOTHER = 1\n"))
    assert (refused.status_code, problem_of(refused)) == (409, "digest-conflict")


def test_a_start_makes_an_archived_line_anew(router):
    started = router.start("echo", 5, version="1.0")
    assert started.status_code == 202, started.text
    assert router.finished(started.json()["id"], seconds=60)["output"] == {
        "version": "1.0.0",
        "input": 5,
        "type": "int",
    }
    line = router.line("1.0")
    assert (line["status"], line["generation"]) == ("live", 2)
    assert router.status("1.0~old").json()["output"]["input"] == "kept"


def test_a_patch_of_an_archived_line_brings_it_back(stack, router):
    await_archived(stack, router, {"1.1"})
    router.deploy("1.1.1", zip_version("1.1.1"))
    line = router.line("1.1")
    assert (line["active"], line["generation"]) == ("1.1.1", 2)
    assert [release["version"] for release in line["releases"]] == ["1.1.0", "1.1.1"]
