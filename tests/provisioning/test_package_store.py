"""Receiving, keeping and fetching packages; the archive of instance states."""

import hashlib

import pytest

from provisioning import Archive, PackageStore
from provisioning.directory_store import DirectoryStore
from provisioning.errors import PackageError


@pytest.fixture
def objects(tmp_path):
    return DirectoryStore(tmp_path / "store")


@pytest.fixture
def packages(objects, tmp_path):
    return PackageStore(objects, tmp_path / "work", max_bytes=1000)


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_package_is_received_kept_and_fetched(packages, tmp_path):
    received = packages.receive([b"one ", b"", b"two"])

    assert received.digest == hashlib.sha256(b"one two").hexdigest()
    assert (received.size, received.path.read_bytes()) == (7, b"one two")
    assert not packages.exists("orders", received.digest)
    assert packages.put("orders", received)
    assert not packages.put("orders", received)
    received.discard()
    received.discard()

    path = packages.fetch("orders", received.digest)

    assert path.read_bytes() == b"one two"
    assert packages.fetch("orders", received.digest) == path
    assert files_in(tmp_path / "work") == [path.name]


def test_a_package_over_the_limit_is_refused_while_it_comes_in(packages, tmp_path):
    taken = []

    def chunks():
        for number in range(100):
            taken.append(number)
            yield b"x" * 600

    with pytest.raises(PackageError, match="larger than 1,000 bytes") as caught:
        packages.receive(chunks())

    assert caught.value.code == "package_too_large"
    assert taken == [0, 1]
    assert files_in(tmp_path / "work") == []


def test_a_stream_that_breaks_leaves_no_file(packages, tmp_path):
    def chunks():
        yield b"x"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        packages.receive(chunks())

    assert files_in(tmp_path / "work") == []


def test_a_package_that_is_not_there_says_so(packages, tmp_path):
    with pytest.raises(PackageError) as caught:
        packages.fetch("orders", "0" * 64)

    assert caught.value.code == "package_missing"
    assert files_in(tmp_path / "work") == []


def test_a_package_that_was_changed_in_the_store_is_not_handed_out(packages, objects):
    received = packages.receive([b"good"])
    objects.put(f"packages/orders/{received.digest}.zip", b"evil")

    with pytest.raises(PackageError) as caught:
        packages.fetch("orders", received.digest)

    assert caught.value.code == "package_corrupt"


def test_a_local_copy_that_was_changed_is_fetched_again(packages):
    received = packages.receive([b"good"])
    packages.put("orders", received)
    packages.fetch("orders", received.digest).write_bytes(b"evil")

    assert packages.fetch("orders", received.digest).read_bytes() == b"good"


@pytest.mark.parametrize("digest", ["", "abc", "A" * 64, "../" + "0" * 61, "g" * 64])
def test_a_digest_that_is_none_is_refused(packages, digest):
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        packages.fetch("orders", digest)


def test_packages_of_applications_are_apart(packages):
    received = packages.receive([b"good"])
    packages.put("orders", received)

    assert not packages.exists("billing", received.digest)


IDS = ["1.4~abc", "1.4~a/b?c#d", "..", ".", "ünïcode…", "a" * 256, "ü" * 256, "x:7", "@entity@key", "%2F", "a b"]


@pytest.mark.parametrize("instance_id", IDS)
def test_the_archive_takes_whatever_ids_apps_choose(objects, instance_id):
    archive = Archive(objects)

    archive.put("orders", instance_id, {"instanceId": instance_id, "runtimeStatus": "Completed"})

    assert archive.get("orders", instance_id) == {"instanceId": instance_id, "runtimeStatus": "Completed"}
    assert archive.get("billing", instance_id) is None


def test_ids_of_the_archive_do_not_collide(objects):
    archive = Archive(objects)
    ids = [*IDS, "a/b", "a%2Fb", "a" * 255, "a" * 255 + "b", "A" * 256]
    for instance_id in ids:
        archive.put("orders", instance_id, {"instanceId": instance_id})

    assert [archive.get("orders", instance_id) for instance_id in ids] == [{"instanceId": one} for one in ids]


def test_the_last_state_of_an_instance_wins(objects):
    archive = Archive(objects)
    archive.put("orders", "1.4~a", {"runtimeStatus": "Failed"})
    archive.put("orders", "1.4~a", {"runtimeStatus": "Completed"})

    assert archive.get("orders", "1.4~a") == {"runtimeStatus": "Completed"}


def test_an_archived_state_of_the_first_schema_can_be_read(objects):
    objects.put("archive/orders/1.4~old.json", b'{"schema_version":1,"instance_id":"1.4~old","status":{"output":[1]}}')

    assert Archive(objects).get("orders", "1.4~old") == {"output": [1]}


def test_the_archive_lists_the_states_of_one_prefix_page_by_page(objects):
    archive = Archive(objects)
    long_ids = [f"1.4~{'x' * 150}{end}" for end in "ab"]
    for instance_id in ("1.4~a", "1.4~b b", *long_ids, "1.5~a", "1.40~a"):
        archive.put("orders", instance_id, {"instanceId": instance_id})
    found, cursor = [], None
    while not found or cursor:
        page = archive.list_page("orders", "1.4~", cursor=cursor, limit=2)
        found += [status["instanceId"] for status in page.statuses]
        cursor = page.cursor

    assert sorted(found) == sorted(["1.4~a", "1.4~b b", *long_ids])
    (only,) = archive.list_page("orders", long_ids[0], cursor=None, limit=9).statuses
    assert only["instanceId"] == long_ids[0]


def test_a_state_can_be_taken_out_of_the_archive(objects):
    archive = Archive(objects)
    archive.put("orders", "1.4~a", {"output": 1})

    assert [archive.delete("orders", "1.4~a"), archive.delete("orders", "1.4~a")] == [True, False]
    assert archive.get("orders", "1.4~a") is None
