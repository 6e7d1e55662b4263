"""Releases that name where their package is: a whole router fetches from a real https server, or refuses to."""

import hashlib
import sys
from pathlib import Path

import pytest
from router_driver import problem_of
from stack_with import driver_of, stack_with
from version_package import zip_files, zip_version

sys.path.insert(0, str(Path(__file__).parents[1] / "provisioning"))

from https_host import PackageHost, write_certificate

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

PACKAGE = zip_version("1.0.0")
SIGNATURE = "sv=2026&sig=s3cretSignature"
MOST_BYTES = 200_000


def digest(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    content = {
        "/1.0.0.zip": PACKAGE,
        "/other.zip": zip_version("1.0.0", more="\nOTHER = 1\n"),
        "/no-app.zip": zip_files({"readme.txt": "no app"}),
        "/large.zip": b"x" * (MOST_BYTES + 1),
    }
    with PackageHost(write_certificate(tmp_path_factory.mktemp("certificate")), content) as running:
        yield running


@pytest.fixture(scope="module")
def stack(host, tmp_path_factory):
    settings = {
        "ROUTER_PACKAGE_HOSTS": f"localhost:{host.port}, nowhere.invalid",
        "ROUTER_PACKAGE_NETWORKS": "127.0.0.1/32",
        "ROUTER_PACKAGE_FETCH_SECONDS": "3",
        "ROUTER_MAX_PACKAGE_BYTES": str(MOST_BYTES),
        "SSL_CERT_FILE": str(host.certificate),
    }
    with stack_with(tmp_path_factory.mktemp("fetching"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def router(stack, host):
    driver = driver_of(stack, "fetching")
    response = release(driver, host)
    assert response.status_code == 202, response.text
    driver.deploy("1.0.0", PACKAGE)
    yield driver
    driver.close()


def release(router, host, version="1.0.0", *, path="/1.0.0.zip", uri=None, sha256=None, **sent):
    content = host.content.get(path, b"")
    described = {"packageUri": uri or host.url(path, SIGNATURE), "sha256": sha256 or digest(content)}
    return router.call("release", "PUT", f"/releases/{version}", json=described, **sent)


def everything_kept(stack):
    """All bytes that the stack has written: logs, stores, task hubs."""
    return b"".join(file.read_bytes() for file in Path(stack.state_dir).rglob("*") if file.is_file())


def test_a_package_is_fetched_released_and_runs(router):
    instance = router.start("echo", {"from": "a url"}).json()["id"]
    assert router.finished(instance)["output"]["version"] == "1.0.0"


def test_the_same_again_is_no_change_even_when_the_url_has_died(router, host):
    before = len(host.asked)
    response = release(router, host, path="/status/403", sha256=digest(PACKAGE))
    assert (response.status_code, response.json()["status"]) == (200, "active")
    assert len(host.asked) == before


def test_another_package_under_a_released_version_is_refused_before_it_is_fetched(router, host):
    before = len(host.asked)
    response = release(router, host, path="/other.zip")
    assert (response.status_code, problem_of(response)) == (409, "digest-conflict")
    assert len(host.asked) == before


FAILING = {
    "a redirect": ("/redirect/x", 422, "package-not-fetched"),
    "nothing there": ("/status/404", 422, "package-not-fetched"),
    "away for now": ("/status/503", 422, "package-not-fetched"),
    "broken off": ("/cut", 422, "package-not-fetched"),
    "too slow": ("/slow", 422, "package-not-fetched"),
    "too large": ("/large.zip", 413, "package-too-large"),
    "without end": ("/endless", 413, "package-too-large"),
    "no app": ("/no-app.zip", 422, "corrupt-package"),
}


@pytest.mark.parametrize(("path", "status", "slug"), FAILING.values(), ids=FAILING)
def test_what_cannot_be_had_changes_nothing(router, host, path, status, slug):
    before = router.generation()
    response = release(router, host, "1.0.1", path=path)
    assert (response.status_code, problem_of(response)) == (status, slug)
    assert "s3cret" not in response.text
    assert router.generation() == before


def test_another_digest_than_the_announced_is_refused(router, host):
    response = release(router, host, "1.0.1", path="/other.zip", sha256="0" * 64)
    assert (response.status_code, problem_of(response)) == (422, "digest-mismatch")


def test_only_what_may_pass_is_worth_a_repeat(router, host):
    assert "Retry-After" in release(router, host, "1.0.1", path="/status/503").headers
    assert "Retry-After" not in release(router, host, "1.0.1", path="/status/404").headers


REFUSED = {
    "http": "http://localhost:{port}/1.0.0.zip",
    "file": "file:///etc/passwd",
    "ftp": "ftp://localhost:{port}/1.0.0.zip",
    "an address": "https://127.0.0.1:{port}/1.0.0.zip",
    "IPv6": "https://[::1]:{port}/1.0.0.zip",
    "mapped": "https://[::ffff:127.0.0.1]:{port}/1.0.0.zip",
    "decimal": "https://2130706433:{port}/1.0.0.zip",
    "octal": "https://0177.0.0.1:{port}/1.0.0.zip",
    "hexadecimal": "https://0x7f000001:{port}/1.0.0.zip",
    "metadata": "https://169.254.169.254/metadata/instance?api-version=2021-02-01",
    "user": "https://localhost@evil.example:{port}/1.0.0.zip",
    "a user at the right host": "https://user@localhost:{port}/1.0.0.zip",
    "trailing dot": "https://localhost.:{port}/1.0.0.zip",
    "another port": "https://localhost/1.0.0.zip",
    "look-alike": "https://lоcalhost:{port}/1.0.0.zip",
    "fullwidth": "https://ｌocalhost:{port}/1.0.0.zip",
    "newline": "https://localhost:{port}/1.0.0.zip\r\nX-Evil: 1",
    "backslash": "https://evil.example\\@localhost:{port}/1.0.0.zip",
    "another host": "https://evil.example/1.0.0.zip",
    "empty": " ",
}


@pytest.mark.parametrize("uri", REFUSED.values(), ids=REFUSED)
def test_a_url_that_leads_elsewhere_is_refused_and_nobody_is_asked(router, host, uri):
    before = (router.generation(), len(host.asked))
    response = release(router, host, "1.0.1", uri=uri.format(port=host.port))
    assert (response.status_code, problem_of(response)) == (400, "package-uri-refused")
    assert "evil" not in response.text
    assert (router.generation(), len(host.asked)) == before


def test_a_name_that_nobody_has_is_told(router, host):
    response = release(router, host, "1.0.1", uri="https://nowhere.invalid/a.zip")
    assert (response.status_code, problem_of(response)) == (422, "package-not-fetched")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"packageUri": "https://localhost/a"}, id="no digest"),
        pytest.param({"packageUri": "https://localhost/a?sig=s3cret", "sha256": "00"}, id="a short digest"),
        pytest.param({"packageUri": ["https://localhost/a?sig=s3cret"], "sha256": "0" * 64}, id="a list"),
        pytest.param({"packageUri": "https://localhost/a", "sha256": "0" * 64, "headers": {}}, id="more than that"),
        pytest.param([], id="no object"),
    ],
)
def test_a_description_that_is_none_is_refused_and_not_repeated(router, body):
    response = router.call("release", "PUT", "/releases/1.0.1", json=body)
    assert (response.status_code, problem_of(response)) == (400, "invalid-body")
    assert "s3cret" not in response.text


def test_two_digests_must_be_the_same(router, host):
    response = release(router, host, "1.0.1", headers={"X-Package-SHA256": "1" * 64})
    assert (response.status_code, problem_of(response)) == (400, "invalid-parameter")


def test_no_signature_is_kept_anywhere(router, stack, host):
    release(router, host, "1.0.1", path="/status/404")
    kept = everything_kept(stack)
    assert len(kept) > 100_000
    assert b"s3cretSignature" not in kept
    assert "s3cretSignature" not in router.call("admin", "GET", "/log").text
