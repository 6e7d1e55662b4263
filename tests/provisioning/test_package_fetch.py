"""Fetching a package: from a real https server, with names that resolve as the test says."""

import asyncio
import hashlib
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from https_host import LOOPBACK, PackageHost, write_certificate

from provisioning import FetchLimits, PackageError, PackageStore, TemporaryError, open_package
from provisioning.directory_store import DirectoryStore
from provisioning.package_fetch import resolve
from provisioning.package_uris import read_host, read_uri

PACKAGE = bytes(range(256)) * 4096
SECRET = "sig=s3cret"
LIMITS = FetchLimits(networks=LOOPBACK)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return write_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def host(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with PackageHost(certificate, {"/app.zip": PACKAGE}) as running:
        yield running


@pytest.fixture
def packages(tmp_path):
    return PackageStore(DirectoryStore(tmp_path / "store"), tmp_path / "work", max_bytes=2 * len(PACKAGE))


def resolving_to(*answers):
    """A resolver that gives one answer after the other, and remembers how often it was asked."""
    left = list(answers)

    async def ask(_host, _port):
        ask.asked += 1
        return left.pop(0)

    ask.asked = 0
    return ask


async def fetch(packages, host, path="/app.zip", *, limits=LIMITS, ask=resolve):
    uri = read_uri(host.url(path, SECRET), [read_host(f"localhost:{host.port}")])
    async with open_package(uri, limits, ask=ask) as chunks:
        return await packages.receive_stream(chunks)


async def refusal(packages, host, path="/app.zip", **how):
    with pytest.raises((PackageError, TemporaryError)) as caught:
        await fetch(packages, host, path, **how)
    error = caught.value
    assert "s3cret" not in f"{error} {error!r}"
    assert error.__suppress_context__ or error.__context__ is None, "a traceback would show the URL"
    assert list(packages._work_dir.iterdir()) == []
    return error


async def test_a_package_is_fetched_with_its_signature(packages, host):
    received = await fetch(packages, host)

    assert (received.digest, received.size) == (hashlib.sha256(PACKAGE).hexdigest(), len(PACKAGE))
    assert received.path.read_bytes() == PACKAGE
    assert host.asked == [f"/app.zip?{SECRET}"]


@pytest.mark.parametrize(
    ("path", "kind", "says"),
    [
        pytest.param("/redirect/x", PackageError, "redirect", id="a redirect"),
        pytest.param("/status/301", PackageError, "redirect", id="another redirect"),
        pytest.param("/status/404", PackageError, "404", id="nothing there"),
        pytest.param("/status/403", PackageError, "signature", id="an expired signature"),
        pytest.param("/status/206", PackageError, "206", id="only a part"),
        pytest.param("/status/204", PackageError, "204", id="no content"),
        pytest.param("/status/503", TemporaryError, "503", id="away"),
        pytest.param("/status/429", TemporaryError, "429", id="too much"),
        pytest.param("/endless", PackageError, "larger than", id="without end"),
        pytest.param("/cut", TemporaryError, "broke off", id="broken off"),
    ],
)
async def test_what_is_no_package_is_an_error_that_says_so(packages, host, path, kind, says):
    error = await refusal(packages, host, path)

    assert type(error) is kind
    assert says in error.message
    assert len(host.asked) == 1


@pytest.mark.parametrize("path", ["/silent", "/slow"])
async def test_a_slow_host_is_given_up_however_it_is_slow(packages, host, path):
    error = await refusal(packages, host, path, limits=FetchLimits(timedelta(seconds=0.5), LOOPBACK))

    assert "did not send the package within 0.5 s" in error.message


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(["127.0.0.1"], id="loopback"),
        pytest.param(["::1"], id="loopback, IPv6"),
        pytest.param(["198.18.0.1"], id="private"),
        pytest.param(["169.254.169.254"], id="metadata service"),
        pytest.param(["::ffff:127.0.0.1"], id="mapped"),
        pytest.param(["93.184.216.34", "127.0.0.1"], id="one of two"),
    ],
)
async def test_a_name_with_a_private_address_is_refused_before_anything_is_sent(packages, host, addresses):
    error = await refusal(packages, host, limits=FetchLimits(), ask=resolving_to(addresses))

    assert (error.code, host.asked) == ("package_host_private", [])


async def test_localhost_is_refused_unless_its_network_is_listed(packages, host):
    error = await refusal(packages, host, limits=FetchLimits())

    assert (error.code, host.asked) == ("package_host_private", [])


async def test_a_name_is_asked_once_and_the_connection_goes_to_what_was_checked(packages, host):
    # Had the name been asked again, the second answer would lead elsewhere.
    ask = resolving_to(["127.0.0.1"], ["127.0.0.2"])

    await fetch(packages, host, ask=ask)

    assert ask.asked == 1


async def test_a_name_that_is_not_there_may_be_there_later(packages, host):
    async def ask(_host, _port):
        raise OSError(-2, "Name or service not known")

    error = await refusal(packages, host, ask=ask)

    assert isinstance(error, TemporaryError)
    assert "cannot be resolved" in error.message


async def test_a_certificate_that_nobody_vouches_for_is_refused(packages, host, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    error = await refusal(packages, host)

    assert "certificate" in error.message
    assert host.asked == []


async def test_a_certificate_of_another_name_is_refused(packages, tmp_path, monkeypatch):
    other = write_certificate(tmp_path, "other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with PackageHost(other) as host:
        error = await refusal(packages, host)

    assert "certificate" in error.message


async def test_no_proxy_comes_in_between(packages, host, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert (await fetch(packages, host)).size == len(PACKAGE)


async def test_a_fetch_that_is_given_up_leaves_nothing(packages, host):
    fetching = asyncio.create_task(fetch(packages, host, "/slow"))
    while not host.asked:  # noqa: ASYNC110 - the host is a thread
        await asyncio.sleep(0.01)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching

    assert list(packages._work_dir.iterdir()) == []
