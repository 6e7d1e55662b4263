"""Publishing and its deployments at a deployment endpoint that answers as Kudu does, good days and bad."""

import zipfile

import pytest

from provisioning import DeploymentState, DeploymentStatus, PermanentError, TemporaryError

ID = "34bf9c6a-75c1-47d0-9f1a-b2192def1314"
SITE = {
    "name": "orders-app",
    "location": "East US 2",
    "tags": {"durable-router-id": "router-under-test"},
    "properties": {
        "state": "Running",
        "defaultHostName": "nowhere.invalid",
        "functionAppConfig": {"runtime": {"name": "python", "version": "3.11"}},
    },
}


@pytest.fixture
def scm(scripted, reply):
    """The scripted server as Resource Manager and deployment endpoint in one."""
    states = [
        {"name": "nowhere.invalid", "hostType": "Standard"},
        {"name": f"127.0.0.1:{scripted.port}", "hostType": "Repository"},
    ]
    site = {**SITE, "properties": {**SITE["properties"], "hostNameSslStates": states}}
    scripted.on("GET", "/sites/orders-app", reply(200, site))
    return scripted


def test_a_package_is_sent_as_one_body_with_a_token_for_the_deployment_endpoint(
    scm, scripted_platform, make_app, reply
):
    package = make_app()
    scm.on("POST", "/api/publish", reply(202, ID.join('""')))

    assert scripted_platform.publish("orders-app", package) == ID

    method, path, headers, body = scm.asked[-1]
    assert (method, path) == ("POST", "/api/publish?RemoteBuild=true")
    assert body == package.read_bytes()
    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Length"] == str(len(body))
    assert "Transfer-Encoding" not in headers
    assert headers["Authorization"] == "Bearer a-token-for-https://appservice.azure.com/.default"


def test_a_big_package_is_sent_whole(scm, scripted_platform, tmp_path, reply):
    path = tmp_path / "big.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", bytes(range(256)) * 100_000)
    scm.on("POST", "/api/publish", reply(202, {}, {"Location": f"http://x/api/deployments/{ID}?y=1"}))

    assert scripted_platform.publish("orders-app", path) == ID
    assert scm.asked[-1][3] == path.read_bytes()


REFUSALS = {
    "in progress": (409, "A deployment is in progress", TemporaryError, "publish_in_progress"),
    "not there yet": (404, "", TemporaryError, "scm_not_ready"),
    "away": (503, "Site Unavailable (CODE: 503)", TemporaryError, "unavailable"),
    "throttled": (429, "", TemporaryError, "throttled"),
    "no token": (401, "", PermanentError, "unauthenticated"),
    "no right": (403, "", PermanentError, "forbidden"),
    "too large": (413, "", PermanentError, "package_too_large"),
    "no storage right": (
        400,
        {"Message": "Failed to upload because Azure Storage responded with Forbidden : Response status code"},
        PermanentError,
        "storage_forbidden",
    ),
    "something else": (400, {"Message": "Package is no package"}, PermanentError, "bad_request"),
    "taken, but nameless": (202, "", TemporaryError, "unexpected_answer"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refused_publish_is_classed_and_not_sent_again(scm, scripted_platform, make_app, reply, refusal):
    status, body, error, code = refusal
    scm.on("POST", "/api/publish", reply(status, body))

    with pytest.raises(error) as caught:
        scripted_platform.publish("orders-app", make_app())

    assert caught.value.code == code
    assert len(scm.paths("POST")) == 1


def test_a_redirect_does_not_carry_the_token_away(scm, scripted_platform, make_app, reply):
    scm.on("POST", "/api/publish", reply(307, "", {"Location": f"{scm.url}/elsewhere"}))

    with pytest.raises(PermanentError):
        scripted_platform.publish("orders-app", make_app())

    assert scm.paths("POST") == ["/api/publish?RemoteBuild=true"]


def a_deployment(status: int, **more: object) -> dict[str, object]:
    return {
        "id": ID,
        "status": status,
        "status_text": "",
        "message": "",
        "progress": "",
        "complete": status > 2,
        **more,
    }


STATES = {
    "early 404": (
        404,
        "",
        DeploymentState(DeploymentStatus.PENDING, "the deployment endpoint does not know of it yet"),
    ),
    "pending": (200, a_deployment(0), DeploymentState(DeploymentStatus.PENDING, "building")),
    "building": (202, a_deployment(1, progress="pip"), DeploymentState(DeploymentStatus.PENDING, "pip")),
    "deploying": (200, a_deployment(2), DeploymentState(DeploymentStatus.PENDING, "building")),
    "done": (200, a_deployment(4), DeploymentState(DeploymentStatus.SUCCEEDED)),
    "cancelled": (200, a_deployment(-1), DeploymentState(DeploymentStatus.FAILED, "the deployment was cancelled")),
    "failed": (
        200,
        a_deployment(3, status_text="pip failed"),
        DeploymentState(DeploymentStatus.FAILED, "the deployment failed\npip failed"),
    ),
    "conflict": (
        200,
        a_deployment(5),
        DeploymentState(DeploymentStatus.FAILED, "the deployment met another deployment"),
    ),
    "partial": (
        200,
        a_deployment(6),
        DeploymentState(DeploymentStatus.FAILED, "the deployment succeeded only in part"),
    ),
    "a new number": (
        200,
        a_deployment(9),
        DeploymentState(DeploymentStatus.FAILED, "the deployment ended with status 9"),
    ),
}


@pytest.mark.parametrize(("status", "body", "state"), STATES.values(), ids=STATES)
def test_kudus_numbers_are_read(scm, scripted_platform, reply, status, body, state):
    scm.on("GET", f"/api/deployments/{ID}/log", reply(404))
    scm.on("GET", f"/api/deployments/{ID}$", reply(status, body))

    assert scripted_platform.check_deployment("orders-app", ID) == state


def test_an_endpoint_that_restarts_is_temporary(scm, scripted_platform, reply):
    scm.on("GET", f"/api/deployments/{ID}$", reply(503, "<html>restarting</html>"))

    with pytest.raises(TemporaryError) as caught:
        scripted_platform.check_deployment("orders-app", ID)

    assert caught.value.code == "unavailable"


def test_a_failure_comes_with_the_end_of_the_build_log_and_without_its_secrets(scm, scripted_platform, reply):
    log, details = f"/api/deployments/{ID}/log", f"/api/deployments/{ID}/log/7"
    entries = [{"message": f"line {number}"} for number in range(40)]
    # The host of the URL is a trap: only its path counts.
    entries.append({"message": "Running pip", "details_url": f"http://203.0.113.1{details}"})
    scm.on("GET", log + "$", reply(200, entries))
    scm.on(
        "GET",
        details,
        reply(200, [{"message": "ERROR: No matching distribution"}, {"message": "AccountKey=abcdefghijkl"}]),
    )
    scm.on("GET", f"/api/deployments/{ID}$", reply(200, a_deployment(3)))

    message = scripted_platform.check_deployment("orders-app", ID).message

    assert message.splitlines()[0] == "the deployment failed"
    assert message.splitlines()[-3:] == ["Running pip", "ERROR: No matching distribution", "AccountKey=***"]
    assert "line 39" in message
    assert "line 1\n" not in message


def test_an_app_that_has_no_deployment_endpoint_yet_is_temporary(scripted, scripted_platform, make_app, reply):
    scripted.on("GET", "/sites/orders-app", reply(200, {**SITE, "properties": {"hostNameSslStates": None}}))

    with pytest.raises(TemporaryError) as caught:
        scripted_platform.publish("orders-app", make_app())

    assert caught.value.code == "scm_not_ready"
