"""What happens when packages fail, requests race, and starts meet a drain; against a whole router."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from router_driver import problem_of
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BROKEN = "\nraise RuntimeError('this package cannot be imported')\n"


def at_once(times, ask):
    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(ask) for _ in range(times)]]


def test_a_release_posted_several_times_at_once_is_deployed_once(open_router):
    router = open_router("raced")
    package = zip_version("1.0.0")
    answers = at_once(4, lambda: router.release("1.0.0", package))
    assert {answer.status_code for answer in answers} <= {200, 202}, [answer.text for answer in answers]
    router.deploy("1.0.0", package)
    assert router.line("1.0")["generation"] == 1


def test_a_failed_first_release_leaves_no_app_and_says_why(open_router):
    router = open_router("failing")
    response = router.release("1.0.0", zip_version("1.0.0", more=BROKEN))
    assert response.status_code == 202, response.text
    url = response.headers["Operation-Location"]
    ended = router.await_json(
        lambda: router.http.get(url, headers={"x-functions-key": router.keys["release"]}),
        lambda release: release["operation"]["status"] not in ("Pending", "Running"),
        what="the deploy to fail",
    )
    assert (ended["status"], ended["operation"]["status"]) == ("failed", "Failed")
    (outcome,) = [one for one in ended["conditions"] if one["type"] == "Active"]
    assert (outcome["status"], outcome["reason"]) == (False, "host_error")
    first, *_, last = outcome["message"].splitlines()
    assert "this package cannot be imported" in first
    assert last == "RuntimeError: this package cannot be imported"
    assert "raise RuntimeError" in outcome["message"], "the traceback's end says where"
    assert "127.0.0.1" not in outcome["message"]
    assert "1.0.0" in ended["operation"]["failure"]
    assert router.line("1.0")["app"] is None
    # Nothing can be deployed for a start that names the line; whoever starts reads the reason, and no traceback.
    refused = router.start("echo", version="1.0")
    assert (refused.status_code, problem_of(refused)) == (409, "release-failed")
    assert "cannot be imported" in refused.json()["detail"]
    assert "Traceback" not in refused.json()["detail"]
    assert "\n" not in refused.json()["detail"]
    router.deploy("1.0.1", zip_version("1.0.1"))
    assert router.finished(router.start("echo", version="1.0").json()["id"])["output"]["version"] == "1.0.1"


def test_a_failed_patch_leaves_the_line_on_its_former_package(open_router):
    router = open_router("patched")
    router.deploy("1.0.0", zip_version("1.0.0"))
    instance = router.start("await_event").json()["id"]
    router.await_custom_status(instance, "waiting")
    router.release("1.0.1", zip_version("1.0.1", more=BROKEN))
    router.await_json(
        lambda: router.call("release", "GET", "/releases/1.0.1"),
        lambda release: release["status"] == "failed",
        what="the patch to fail",
    )
    line = router.line("1.0")
    assert (line["status"], line["active"]) == ("live", "1.0.0")
    router.command(instance, "raiseEvent/go", json="still here")
    assert router.finished(instance)["output"] == {"version": "1.0.0", "event": "still here"}


def test_repeats_at_once_with_one_key_start_one_instance(open_router):
    router = open_router("repeated")
    router.deploy("1.0.0", zip_version("1.0.0"))
    answers = at_once(12, lambda: router.start("await_event", headers={"Idempotency-Key": "one"}))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    listed = router.call("client", "GET", "/instances").json()
    assert [entry["instanceId"] for entry in listed] == [answers[0].json()["id"]]


def test_starts_at_once_for_a_line_without_app_make_one_app_and_all_arrive(open_router):
    router = open_router("awaited")
    router.release("1.0.0", zip_version("1.0.0"), params={"deploy": "on-demand"})
    answers = at_once(6, lambda: router.start("echo", 1, version="1.0"))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    for answer in answers:
        assert router.finished(answer.json()["id"], seconds=60)["runtimeStatus"] == "Completed"
    assert router.line("1.0")["generation"] == 1


def test_a_start_that_meets_a_drain_takes_the_line_back_into_service(open_router):
    router = open_router("reopened")
    for version in ("1.0.0", "1.1.0"):
        router.deploy(version, zip_version(version))
    router.await_line("1.0", "draining")
    started = router.start("await_event", version="1.0")
    assert started.status_code == 202, started.text
    instance = started.json()["id"]
    assert instance.startswith("1.0~")
    router.await_custom_status(instance, "waiting")
    line = router.line("1.0")
    assert (line["status"], line["generation"]) == ("live", 1)
    revived = router.command(instance, "raiseEvent/go", json=1)
    assert revived.status_code == 202
    assert router.finished(instance)["runtimeStatus"] == "Completed"


def test_what_would_revive_work_is_refused_while_the_line_drains(open_router):
    router = open_router("drained")
    router.deploy("1.0.0", zip_version("1.0.0"))
    instance = router.start("fail").json()["id"]
    router.finished(instance)
    router.deploy("1.1.0", zip_version("1.1.0"))
    router.await_line("1.0", "draining")
    for verb in ("rewind", "restart"):
        response = router.command(instance, verb)
        assert (response.status_code, problem_of(response)) == (409, "line-not-live")
    assert router.status(instance).status_code == 200
    router.await_line("1.0", "retired")
    assert router.status(instance).json()["runtimeStatus"] == "Failed"
