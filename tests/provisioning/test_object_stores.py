"""One contract for every object store. Blobs are tested against Azurite where it is installed."""

import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioning import ObjectStore, ProvisioningError, open_store
from provisioning.directory_store import DirectoryStore


@pytest.fixture(params=["directory", "blob"])
def store(request: pytest.FixtureRequest, tmp_path: Path, azurite_key: str) -> ObjectStore:
    if request.param == "directory":
        return open_store(f"file://{tmp_path}/a%20store")
    from azure.storage.blob import ContainerClient

    from provisioning.blob_store import BlobStore

    url = f"{request.getfixturevalue('azurite')}/c{uuid.uuid4().hex}"
    container = ContainerClient.from_container_url(url, credential=azurite_key)
    container.create_container()
    return BlobStore(container)


def test_what_was_put_is_there(store):
    store.put("packages/orders/1.zip", b"content")

    assert store.exists("packages/orders/1.zip")
    assert store.get("packages/orders/1.zip") == b"content"
    with store.open("packages/orders/1.zip") as stream:
        assert stream.read(3) + stream.read() == b"content"


def test_a_file_can_be_put(store, tmp_path):
    content = os.urandom(9 * 1024 * 1024)
    (tmp_path / "big").write_bytes(content)

    assert store.put_if_absent("big", tmp_path / "big")
    with store.open("big") as stream:
        assert stream.read() == content


def test_put_if_absent_keeps_the_first(store):
    assert store.put_if_absent("key", b"first")
    assert not store.put_if_absent("key", b"second")
    assert store.get("key") == b"first"


def test_of_many_who_put_at_once_one_wins(store):
    contents = [f"writer {number}".encode() * 1000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda content: store.put_if_absent("key", content), contents))

    assert outcomes.count(True) == 1
    assert store.get("key") == contents[outcomes.index(True)]


def test_put_replaces(store):
    store.put("key", b"first")
    store.put("key", b"second")

    assert store.get("key") == b"second"


def test_an_absent_key_is_a_key_error(store):
    assert not store.exists("absent")
    with pytest.raises(KeyError):
        store.get("absent")
    with pytest.raises(KeyError):
        store.open("absent")


def test_deleting_is_idempotent(store):
    store.put("key", b"")

    store.delete("key")
    store.delete("key")

    assert not store.exists("key")


def test_keys_are_listed_by_prefix(store):
    keys = {"archive/orders/1.4~a.json", "archive/orders/1.5~b.json", "archive/order/x.json", "packages/orders/y.zip"}
    for key in keys:
        store.put(key, b"")

    assert set(store.list("archive/orders/1.4")) == {"archive/orders/1.4~a.json"}
    assert set(store.list("archive/")) == {key for key in keys if key.startswith("archive/")}
    assert set(store.list("")) == keys
    assert set(store.list("none/")) == set()


def test_keys_are_listed_page_by_page_in_order(store):
    for name in ("b", "a", "c~x", "c", "d"):
        store.put(f"archive/orders/1.4~{name}.json", b"")
    store.put("archive/orders/1.5~a.json", b"")
    pages, cursor = [], None
    while not pages or cursor:
        page = store.list_page("archive/orders/1.4~", cursor=cursor, limit=2)
        pages.append(page.keys)
        cursor = page.cursor

    assert [len(page) for page in pages] == [2, 2, 1]
    listed = [key for page in pages for key in page]
    assert listed == sorted(store.list("archive/orders/1.4~"))


def test_a_page_goes_on_when_keys_come_and_go(store):
    for name in "bcdf":
        store.put(f"k/{name}", b"")
    first = store.list_page("k/", cursor=None, limit=2)
    store.delete("k/b")
    store.put("k/a", b"")
    store.put("k/e", b"")
    second = store.list_page("k/", cursor=first.cursor, limit=2)

    assert (first.keys, second.keys) == (("k/b", "k/c"), ("k/d", "k/e"))
    assert store.list_page("none/", cursor=None, limit=2).keys == ()


KEYS = [
    "",
    "/a",
    "a/",
    "a//b",
    "..",
    "a/../b",
    "./a",
    ".hidden",
    "a/.b",
    "a\\b",
    "a b",
    "a\0b",
    "ä",
    "x" * 201,
    "a/" * 600 + "a",
]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_keys_that_could_leave_the_store_are_refused(store, key):
    for attempt in (
        lambda: store.put(key, b""),
        lambda: store.put_if_absent(key, b""),
        lambda: store.get(key),
        lambda: store.exists(key),
        lambda: store.delete(key),
    ):
        with pytest.raises(ValueError, match="not a valid object key"):
            attempt()


def test_odd_but_valid_keys_work(store):
    key = "archive/orders/1.4~a@b:c=d+e,f%2Fg.json"

    store.put(key, b"x")

    assert list(store.list("archive/orders/")) == [key]
    assert store.get(key) == b"x"


def test_a_container_that_is_missing_is_no_missing_object(azurite, azurite_key):
    from azure.storage.blob import ContainerClient

    from provisioning.blob_store import BlobStore

    store = BlobStore(ContainerClient.from_container_url(f"{azurite}/nowhere", credential=azurite_key))

    with pytest.raises(ProvisioningError):
        store.get("key")


def test_a_writer_that_dies_leaves_nothing_to_be_read(tmp_path):
    script = f"""
import os, threading
from pathlib import Path
from provisioning.directory_store import DirectoryStore
import provisioning.directory_store as module
module._copy = lambda content, stream: (stream.write(content[:10]), stream.flush(), os._exit(9))
DirectoryStore(Path({str(tmp_path)!r})).put("key", b"x" * 100)
"""
    ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2])
    store = DirectoryStore(tmp_path)

    assert ended.returncode == 9
    assert not store.exists("key")
    assert list(store.list("")) == []
    assert store.put_if_absent("key", b"y")


@pytest.mark.parametrize("url", ["http://example.com/c", "ftp://x/y", "/var/store", "file://server/share", ""])
def test_stores_that_are_none_or_not_safe_are_refused(url):
    with pytest.raises(ValueError, match="not a store"):
        open_store(url)
