"""What the blob store asks of Azure Storage: conditions and errors on the wire."""

import pytest
from azure.storage.blob import ContainerClient

from provisioning import ObjectStore, PermanentError, TemporaryError
from provisioning.blob_store import BlobStore

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
WRITTEN = {"ETag": '"0x1"', "Last-Modified": "Mon, 06 Apr 2026 10:00:00 GMT"}


@pytest.fixture
def store(scripted) -> ObjectStore:
    url = f"{scripted.url}/devstoreaccount1/router"
    return BlobStore(ContainerClient.from_container_url(url, credential=KEY, retry_total=0))


def refusal(reply, status: int, code: str):
    return reply(status, "", {"x-ms-error-code": code})


def test_a_new_key_is_written_only_if_it_is_absent(scripted, store, reply):
    scripted.on("PUT", "/router/key", reply(201, "", WRITTEN), refusal(reply, 409, "BlobAlreadyExists"))

    assert store.put_if_absent("key", b"first")
    assert not store.put_if_absent("key", b"second")
    assert [headers.get("If-None-Match") for _, _, headers, _ in scripted.asked] == ["*", "*"]


def test_replacing_has_no_condition(scripted, store, reply):
    scripted.on("PUT", "/router/key", reply(201, "", WRITTEN))

    store.put("key", b"content")

    assert "If-None-Match" not in scripted.asked[0][2]
    assert scripted.asked[0][3] == b"content"


def test_an_absent_blob_is_a_key_error(scripted, store, reply):
    scripted.on("GET", "/router/key", refusal(reply, 404, "BlobNotFound"))
    scripted.on("DELETE", "/router/key", refusal(reply, 404, "BlobNotFound"))

    with pytest.raises(KeyError):
        store.get("key")
    store.delete("key")


def a_listing(*names: str, marker: str) -> str:
    blobs = "".join(f"<Blob><Name>{name}</Name></Blob>" for name in names)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    )


def test_a_page_of_keys_goes_on_from_the_services_marker(scripted, store, reply):
    xml = {"Content-Type": "application/xml"}
    pages = (a_listing("k/a", "k/b", marker="m1"), a_listing("k/c", marker=""))
    scripted.on("GET", "/router", *(reply(200, page, xml) for page in pages))

    first = store.list_page("k/", cursor=None, limit=2)
    second = store.list_page("k/", cursor=first.cursor, limit=2)

    assert (first.keys, first.cursor) == (("k/a", "k/b"), "m1")
    assert (second.keys, second.cursor) == (("k/c",), None)
    asked = [url for _, url, _, _ in scripted.asked]
    assert all("prefix=k" in url and "maxresults=2" in url for url in asked)
    assert ["marker=m1" in url for url in asked] == [False, True]


FAILURES = {
    "no container": (404, "ContainerNotFound", PermanentError, "not_found"),
    "no right": (403, "AuthorizationPermissionMismatch", PermanentError, "storage_forbidden"),
    "busy": (503, "ServerBusy", TemporaryError, "unavailable"),
}


@pytest.mark.parametrize("case", FAILURES.values(), ids=FAILURES)
def test_other_failures_are_of_this_package(scripted, store, reply, case):
    status, code, error, word = case
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'
    scripted.on("GET", "/router/key", reply(status, body, {"x-ms-error-code": code, "Content-Type": "application/xml"}))

    with pytest.raises(error) as caught:
        store.get("key")

    assert caught.value.code == word
