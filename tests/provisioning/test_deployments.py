"""A publish whose answer was lost is followed, not repeated; two publishes are settled one after the other."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from provisioning import DeploymentState, DeploymentStatus, TemporaryError
from provisioning.azure_backend.deployments import (
    Adopt,
    KnownDeployment,
    LetEnd,
    Post,
    decide_publish,
    latest_of,
    mark_of,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DIGEST = "0123456789abcdef" * 4
OURS, THEIRS = mark_of(DIGEST), mark_of("f" * 64)


def a_deployment(status=4, deployer=OURS, minutes_ago=5, active=True):
    received = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    return KnownDeployment("d1", status, deployer, received, active)


DECISIONS = {
    "none yet": (None, Post()),
    "ours, pending": (a_deployment(0), Adopt("d1")),
    "ours, building": (a_deployment(1), Adopt("d1")),
    "ours, deploying for hours": (a_deployment(2, minutes_ago=300), Adopt("d1")),
    "ours, in another case": (a_deployment(1, deployer=OURS.upper()), Adopt("d1")),
    "ours, just done": (a_deployment(4), Adopt("d1")),
    "ours, done, activity not told": (a_deployment(4, active=None), Adopt("d1")),
    "ours, done, but not what the app runs": (a_deployment(4, active=False), Post()),
    "ours, done long ago: it is meant anew": (a_deployment(4, minutes_ago=31), Post()),
    "ours, done, nobody knows when": (a_deployment(4, minutes_ago=None), Post()),
    "ours, failed": (a_deployment(3), Post()),
    "ours, cancelled": (a_deployment(-1), Post()),
    "ours, met another": (a_deployment(5), Post()),
    "another package, building": (a_deployment(1, deployer=THEIRS), LetEnd("d1")),
    "another package, done": (a_deployment(4, deployer=THEIRS), Post()),
    "somebody else, building": (a_deployment(1, deployer="az_cli"), LetEnd("d1")),
}


@pytest.mark.parametrize(("latest", "decision"), DECISIONS.values(), ids=DECISIONS)
def test_the_latest_deployment_decides_about_a_publish(latest, decision):
    assert decide_publish(latest, OURS, NOW) == decision


def test_without_a_digest_nothing_is_taken_for_ours():
    assert mark_of("") == ""
    assert decide_publish(a_deployment(4, deployer=""), "", NOW) == Post()
    assert decide_publish(a_deployment(1, deployer=""), "", NOW) == LetEnd("d1")


def test_the_newest_deployment_is_found_in_any_order():
    def entry(identifier, time, **more):
        return {"id": identifier, "status": 4, "received_time": time, **more}

    listed = [
        entry("old", "2026-04-09T19:19:11.4317311Z"),
        entry("new", "2026-04-09T19:20:11Z", deployer="az_cli", active=False),
        entry("no time", None),
        entry("a time that is none", "yesterday"),
        {"status": 4},
        "rubbish",
    ]
    for documents in (listed, listed[::-1]):
        latest = latest_of(documents)
        assert latest is not None
        assert (latest.id, latest.deployer, latest.active) == ("new", "az_cli", False)
    assert latest_of([]) is None
    assert latest_of({"error": "x"}) is None


SITE = {
    "name": "orders-app",
    "location": "East US 2",
    "tags": {"durable-router-id": "router-under-test", "team": "x"},
    "properties": {"state": "Running", "functionAppConfig": {"runtime": {"name": "python"}}},
}


@pytest.fixture
def scm(scripted, reply):
    """Resource Manager and deployment endpoint in one; it takes packages, and tags."""
    states = [{"name": f"127.0.0.1:{scripted.port}", "hostType": "Repository"}]
    site = {**SITE, "properties": {**SITE["properties"], "hostNameSslStates": states}}
    scripted.on("GET", "/sites/orders-app", reply(200, site))
    scripted.on("PATCH", "/sites/orders-app", reply(200, site))
    scripted.on("GET", "/api/deployments$", reply(200, []))
    scripted.on("POST", "/api/publish", reply(202, '"new"'))
    return scripted


def listed(status, deployer, **more):
    now = datetime.now(UTC).isoformat()
    return [{"id": "there", "status": status, "deployer": deployer, "received_time": now, **more}]


def test_a_package_carries_its_mark_and_the_app_its_digest(scm, scripted_platform, make_app):
    assert scripted_platform.publish("orders-app", make_app(), DIGEST) == "new"

    assert scm.paths("POST") == [f"/api/publish?RemoteBuild=true&Deployer=durable-router-{DIGEST[:16]}"]
    (patch,) = [json.loads(body) for method, _, _, body in scm.asked if method == "PATCH"]
    assert patch == {"tags": {**SITE["tags"], "durable-router-package": DIGEST}}


@pytest.mark.parametrize("status", [1, 4], ids=["still building", "done"])
def test_a_publish_whose_answer_was_lost_is_followed(scm, scripted_platform, make_app, reply, status):
    scm.on("GET", "/api/deployments$", reply(200, listed(status, OURS, active=status == 4)))

    assert scripted_platform.publish("orders-app", make_app(), DIGEST) == "there"
    assert scm.paths("POST") == []
    assert len(scm.paths("PATCH")) == 1


def test_a_deployment_of_another_package_is_let_end_first(scm, scripted_platform, make_app, reply):
    scm.on("GET", "/api/deployments$", reply(200, listed(1, THEIRS)), reply(200, listed(4, THEIRS)))

    with pytest.raises(TemporaryError, match="there, is under way") as caught:
        scripted_platform.publish("orders-app", make_app(), DIGEST)

    assert caught.value.code == "publish_in_progress"
    assert scm.paths("POST") == []
    assert scripted_platform.publish("orders-app", make_app(), DIGEST) == "new"


@pytest.mark.parametrize("status", [500, 503, 429], ids=str)
def test_an_endpoint_that_cannot_list_now_is_not_published_to_blindly(scm, scripted_platform, make_app, reply, status):
    scm.on("GET", "/api/deployments$", reply(status, "no"))

    with pytest.raises(TemporaryError):
        scripted_platform.publish("orders-app", make_app(), DIGEST)

    assert scm.paths("POST") == []


@pytest.mark.parametrize("status", [404, 401, 403], ids=str)
def test_an_endpoint_that_lists_nothing_is_published_to(scm, scripted_platform, make_app, reply, status):
    scm.on("GET", "/api/deployments$", reply(status, "no"))

    assert scripted_platform.publish("orders-app", make_app(), DIGEST) == "new"


def test_a_tag_that_cannot_be_set_does_not_fail_the_publish(scm, scripted_platform, make_app, reply, caplog):
    scm.on("PATCH", "/sites/orders-app", reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))

    assert scripted_platform.publish("orders-app", make_app(), DIGEST) == "new"
    assert "could not be noted" in caplog.text


def test_a_success_that_another_deployment_replaced_is_a_failure_that_says_so(scm, scripted_platform, reply):
    scm.on("GET", "/api/deployments/mine", reply(200, {"id": "mine", "status": 4, "active": False}))
    scm.on("GET", "/api/deployments$", reply(200, listed(4, THEIRS)))

    state = scripted_platform.check_deployment("orders-app", "mine")

    message = "it succeeded, but another deployment, there, took its place"
    assert state == DeploymentState(DeploymentStatus.FAILED, message)


def test_a_success_that_the_app_does_not_run_yet_is_waited_for(scm, scripted_platform, reply):
    scm.on("GET", "/api/deployments/there", reply(200, {"id": "there", "status": 4, "active": False}))
    scm.on("GET", "/api/deployments$", reply(200, listed(4, OURS, active=False)))

    waiting = DeploymentState(DeploymentStatus.PENDING, "it succeeded, but the app does not run it yet")
    assert scripted_platform.check_deployment("orders-app", "there") == waiting
    scm.on("GET", "/api/deployments/there", reply(200, {"id": "there", "status": 4, "active": True}))
    assert scripted_platform.check_deployment("orders-app", "there") == DeploymentState(DeploymentStatus.SUCCEEDED)


def test_the_latest_deployment_of_a_zipdeploy_counts_only_if_it_is_ours(scm, scripted_platform, make_app, reply):
    site = {**SITE, "properties": {"hostNameSslStates": [{"name": f"127.0.0.1:{scm.port}", "hostType": "Repository"}]}}
    scm.on("GET", "/sites/orders-app", reply(200, site))
    location = f"https://nowhere.invalid/api/deployments/latest?deployer={OURS}&time=2026-04-10_16-16-52Z"
    scm.on("POST", "/api/zipdeploy", reply(202, "", {"Location": location}))

    deployment = scripted_platform.publish("orders-app", make_app(), DIGEST)

    assert scm.paths("POST") == [f"/api/zipdeploy?isAsync=true&deployer={OURS}"]
    assert deployment == f"latest?deployer={OURS}&time=2026-04-10_16-16-52Z"
    scm.on("GET", "/api/deployments/latest", reply(202, {"id": "x", "status": 1, "deployer": OURS}))
    assert scripted_platform.check_deployment("orders-app", deployment).status is DeploymentStatus.PENDING
    scm.on("GET", "/api/deployments/latest", reply(200, {"id": "x", "status": 4, "deployer": OURS, "active": True}))
    assert scripted_platform.check_deployment("orders-app", deployment).status is DeploymentStatus.SUCCEEDED
    scm.on("GET", "/api/deployments/latest", reply(200, {"id": "y", "status": 4, "deployer": "az_cli"}))
    assert scripted_platform.check_deployment("orders-app", deployment) == DeploymentState(
        DeploymentStatus.FAILED, "another deployment, by az_cli, took its place"
    )
