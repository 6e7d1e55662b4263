"""Every refusal is a clear problem that says what to do, and changes nothing."""

import hashlib

import pytest
from router_driver import problem_of
from version_package import zip_files, zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PACKAGE = zip_version("1.0.0")
OTHER_PACKAGE = zip_version("1.0.0", more="\nOTHER = True\n")


@pytest.fixture(scope="module")
def refusing(open_router):
    router = open_router("refusing")
    router.deploy("1.0.0", PACKAGE)
    return router


@pytest.fixture
def unchanged(refusing):
    """The router, whose table must be as it was before the test."""
    before = refusing.routes()["generation"]
    yield refusing
    assert refusing.routes()["generation"] == before


@pytest.mark.parametrize(
    ("version", "status", "slug"),
    [
        pytest.param("9.9", 404, "unknown-version", id="a version nobody released"),
        pytest.param("~=7.1", 404, "unknown-version", id="a specifier nothing fits"),
        pytest.param("new", 400, "invalid-version", id="not a version"),
        pytest.param("1.0.0.0.0", 400, "invalid-version", id="too many numbers"),
        pytest.param("1!2.0", 400, "invalid-version", id="an epoch"),
        pytest.param("../../admin", 400, "invalid-version", id="a path"),
        pytest.param("1" * 500, 400, "invalid-version", id="far too long"),
    ],
)
def test_a_version_that_is_not_there_is_refused(unchanged, version, status, slug):
    response = unchanged.start("echo", {}, version=version)
    assert (response.status_code, problem_of(response)) == (status, slug)


def test_an_unknown_version_names_the_known_ones(unchanged):
    assert "1.0" in unchanged.start("echo", {}, version="9.9").json()["detail"]


def test_a_request_may_not_name_two_versions(unchanged):
    response = unchanged.start("echo", {}, version="1.0", headers={"X-Version": "1.1"})
    assert (response.status_code, problem_of(response)) == (400, "invalid-version")


def test_an_unknown_orchestrator_is_refused_with_the_known_ones(unchanged):
    response = unchanged.start("no_such_thing", {})
    assert (response.status_code, problem_of(response)) == (404, "unknown-orchestrator")
    assert "echo" in response.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="cut off"),
        pytest.param(b"hello", id="plain text"),
        pytest.param(b"a=1&b=2", id="a form"),
        pytest.param(b"\xff\xfe\x00", id="bytes"),
    ],
)
def test_a_body_that_is_not_json_is_refused(unchanged, body):
    response = unchanged.call("client", "POST", "/orchestrations/echo", content=body)
    assert (response.status_code, problem_of(response)) == (400, "invalid-body")


@pytest.mark.parametrize("key", ["@entity", "a~b", "a%2Fb", "x" * 151, "a%20b", "a%3Fb"])
def test_an_unfit_instance_id_is_refused(unchanged, key):
    response = unchanged.call("client", "POST", f"/orchestrations/echo/{key}")
    assert response.status_code in (400, 404), response.text
    if response.status_code == 400:
        assert problem_of(response) == "invalid-instance-id"


@pytest.mark.parametrize("application", ["unheard-of", "a-b-c"])
def test_an_unknown_application_is_refused_everywhere(open_router, application):
    router = open_router(application)
    for response in (
        router.start("echo", {}),
        router.start("echo", {}, version="1.0"),
        router.call("admin", "GET", "/routes"),
        router.call("admin", "GET", "/log"),
        router.call("release", "GET", "/releases"),
        router.call("release", "GET", "/releases/1.0.0"),
        router.call("release", "GET", "/status-check"),
        router.call("client", "GET", "/instances"),
        router.call("admin", "POST", "/lines/1.0/promote"),
        router.call("admin", "POST", "/rollback"),
        router.call("admin", "PUT", "/policy", json={"keep_last": 1}),
        router.call("client", "GET", "/v/1.0/http/about"),
    ):
        assert (response.status_code, problem_of(response)) == (404, "unknown-application"), response.request.url
    assert router.generation() == -1


@pytest.mark.parametrize("application", ["Orders", "1st", "a_b", "x" * 25])
def test_a_name_that_no_application_can_have_is_refused(open_router, application):
    response = open_router(application).start("echo", {})
    assert (response.status_code, problem_of(response)) == (400, "invalid-application")


class TestReleases:
    @pytest.mark.parametrize("version", ["1.0", "one", "1.0.0.dev1", "1.0.0+local", "1!1.0.0", "latest"])
    def test_a_version_that_is_no_release_is_refused(self, unchanged, version):
        response = unchanged.release(version, PACKAGE)
        assert (response.status_code, problem_of(response)) == (400, "invalid-version")

    @pytest.mark.parametrize(
        "package",
        [
            pytest.param(b"no zip at all", id="no zip"),
            pytest.param(PACKAGE[: len(PACKAGE) // 2], id="cut off"),
            pytest.param(PACKAGE[:100] + b"\x00" * 50 + PACKAGE[150:], id="damaged"),
            pytest.param(zip_files({"readme.txt": "no app"}), id="no Function app"),
            pytest.param(
                zip_files({"app/function_app.py": "", "app/host.json": "{}"}), id="everything one folder down"
            ),
        ],
    )
    def test_a_corrupt_package_is_refused(self, unchanged, package):
        response = unchanged.release("1.0.7", package)
        assert (response.status_code, problem_of(response)) == (422, "corrupt-package")

    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param({"headers": {"Content-Type": "application/json"}}, id="said to be JSON"),
            pytest.param({}, id="looking like JSON"),
        ],
    )
    def test_where_a_package_is_cannot_be_sent_in_its_place(self, unchanged, sent):
        described = b' {"package": "https://example.org/app.zip", "sha256": "00"}'
        response = unchanged.release("1.0.7", described, **sent)
        assert (response.status_code, problem_of(response)) == (415, "unsupported-media-type")
        assert "as application/zip" in response.json()["detail"]

    def test_no_package_is_refused(self, unchanged):
        response = unchanged.release("1.0.7", b"")
        assert (response.status_code, problem_of(response)) == (400, "invalid-body")

    def test_another_package_under_a_released_version_is_refused(self, unchanged):
        response = unchanged.release("1.0.0", OTHER_PACKAGE)
        assert (response.status_code, problem_of(response)) == (409, "digest-conflict")

    @pytest.mark.parametrize("version", ["v1.0.0", "1.0.0"])
    def test_the_same_package_again_is_no_change(self, unchanged, version):
        response = unchanged.release(version, PACKAGE)
        assert response.status_code == 200
        assert response.json()["status"] == "active"

    def test_a_package_that_is_not_the_announced_one_is_refused(self, unchanged):
        response = unchanged.release("1.0.7", OTHER_PACKAGE, headers={"X-Package-SHA256": "0" * 64})
        assert (response.status_code, problem_of(response)) == (422, "digest-mismatch")

    def test_an_announcement_that_is_no_digest_is_refused(self, unchanged):
        response = unchanged.release("1.0.7", OTHER_PACKAGE, headers={"X-Package-SHA256": "abc"})
        assert (response.status_code, problem_of(response)) == (400, "invalid-parameter")

    def test_the_announced_package_is_taken(self, unchanged):
        digest = hashlib.sha256(PACKAGE).hexdigest().upper()
        assert unchanged.release("1.0.0", PACKAGE, headers={"X-Package-SHA256": digest}).status_code == 200

    def test_an_unknown_way_to_deploy_is_refused(self, unchanged):
        response = unchanged.release("1.0.7", PACKAGE, params={"deploy": "later"})
        assert (response.status_code, problem_of(response)) == (400, "invalid-parameter")

    def test_an_unknown_release_is_not_shown(self, unchanged):
        response = unchanged.call("release", "GET", "/releases/1.0.9")
        assert (response.status_code, problem_of(response)) == (404, "unknown-release")


class TestInstances:
    @pytest.mark.parametrize("verb", ["", "/raiseEvent/go", "/terminate", "/suspend", "/rewind", "/restart"])
    @pytest.mark.parametrize("instance", ["1.0~nobody", "8.8~nobody"])
    def test_an_unknown_instance_is_told(self, unchanged, instance, verb):
        method = "POST" if verb else "GET"
        response = unchanged.call("client", method, f"/instances/{instance}{verb}")
        assert (response.status_code, problem_of(response)) == (404, "unknown-instance")

    @pytest.mark.parametrize("instance", ["nobody", "~x", "@counter@a"])
    def test_an_id_without_a_line_is_refused(self, unchanged, instance):
        response = unchanged.status(instance)
        assert (response.status_code, problem_of(response)) == (400, "invalid-instance-id")

    def test_an_event_must_be_json(self, unchanged):
        response = unchanged.command("1.0~nobody", "raiseEvent/go", content=b"not json")
        assert (response.status_code, problem_of(response)) == (400, "invalid-body")

    @pytest.mark.parametrize("query", [{"top": "0"}, {"top": "many"}, {"continuationToken": "made up"}])
    def test_a_query_that_cannot_be_read_is_refused(self, unchanged, query):
        response = unchanged.call("client", "GET", "/instances", params=query)
        assert (response.status_code, problem_of(response)) == (400, "invalid-parameter")


class TestAdmins:
    @pytest.mark.parametrize("verb", ["promote", "keep", "drain", "cancel-drain"])
    def test_an_unknown_line_is_told(self, unchanged, verb):
        response = unchanged.call("admin", "POST", f"/lines/9.9/{verb}")
        assert (response.status_code, problem_of(response)) == (404, "unknown-line")

    def test_the_current_line_is_not_drained(self, unchanged):
        response = unchanged.call("admin", "POST", "/lines/1.0/drain")
        assert (response.status_code, problem_of(response)) == (409, "not-allowed")

    def test_a_change_based_on_an_old_table_is_refused(self, unchanged):
        response = unchanged.call("admin", "POST", "/lines/1.0/keep", headers={"If-Match": '"0"'})
        assert (response.status_code, problem_of(response)) == (412, "stale")

    def test_without_a_previous_line_there_is_no_way_back(self, unchanged):
        response = unchanged.call("admin", "POST", "/rollback")
        assert (response.status_code, problem_of(response)) == (409, "not-allowed")

    @pytest.mark.parametrize(
        "policy",
        [{"colour": "red"}, {"promote": "sometimes"}, {"keep_last": -1}, {"keep_last": "two"}, {"keep_last": [1]}],
    )
    def test_a_policy_that_cannot_be_is_refused(self, unchanged, policy):
        response = unchanged.call("admin", "PUT", "/policy", json=policy)
        assert response.status_code == 400, response.text
        assert problem_of(response) in ("invalid-body", "invalid-parameter")


class TestRoles:
    @pytest.mark.parametrize(
        ("role", "method", "path", "status"),
        [
            ("release", "POST", "/orchestrations/echo", 403),
            ("client", "PUT", "/releases/1.0.1", 403),
            ("client", "GET", "/routes", 403),
            ("client", "POST", "/lines/1.0/promote", 403),
            ("release", "POST", "/lines/1.0/promote", 403),
            ("release", "GET", "/routes", 200),
            ("admin", "GET", "/instances", 200),
        ],
    )
    def test_a_key_opens_its_role_only(self, unchanged, role, method, path, status):
        assert unchanged.call(role, method, path).status_code == status

    def test_nobody_gets_in_without_a_key(self, unchanged):
        response = unchanged.http.get("/routes")
        assert (response.status_code, problem_of(response)) == (401, "unauthenticated")

    def test_the_health_check_is_open(self, unchanged):
        response = unchanged.http.get(f"{unchanged.url}/api/health")
        assert (response.status_code, response.json()["status"]) == (200, "healthy")
