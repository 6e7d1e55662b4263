"""Packages made to hurt whoever opens them: each is refused with a reason, quickly, and without taking memory."""

import io
import stat
import struct
import time
import tracemalloc
import zipfile

import pytest

from provisioning import ZipLimits, check_zip, index_package

APP = {
    "host.json": b'{"version": "2.0"}',
    "function_app.py": b"import azure.functions as func\napp = func.FunctionApp()\n",
}
MEBIBYTE = 1024 * 1024


def zip_of(entries, *, tweak=None):
    """Zip `(name or ZipInfo, content)` pairs, then the app; `tweak` changes the bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
        present = {name if isinstance(name, str) else name.filename for name, _ in entries}
        for name, content in APP.items():
            if name not in present:
                archive.writestr(name, content)
    return tweak(buffer.getvalue()) if tweak else buffer.getvalue()


def special(name, mode):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = mode << 16
    return entry


def claiming(size):
    """A directory that says of the first entry that it unpacks to so much."""

    def tweak(data):
        at = data.index(b"PK\x01\x02")
        return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]

    return tweak


def other_name_inside(data):
    """The entry's own header has another name than the directory."""
    return data.replace(b"inside.txt", b"../../evil", 1)


def overlapping(copies):
    """A directory with many entries for the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * 9 * MEBIBYTE)
        first = archive.infolist()[0]
        for number in range(copies):
            copy = zipfile.ZipInfo(f"a{number}")
            for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset", "external_attr"):
                setattr(copy, field, getattr(first, field))
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
        for name, content in APP.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def deep(text):
    return zip_of([("host.json", text)])


HOSTILE = {
    "a bomb": (lambda: zip_of([("zeros", b"\0" * 60 * MEBIBYTE)]), "too_dense"),
    "a bomb that says it is small": (lambda: zip_of([("zeros", b"\0" * 60 * MEBIBYTE)], tweak=claiming(10)), "corrupt"),
    "a bomb that says it is huge": (lambda: zip_of([("a", b"a")], tweak=claiming(0xFFFFFFF0)), "too_large"),
    "overlapping entries": (lambda: overlapping(300), "too_large"),
    "many entries": (lambda: zip_of([(f"f{number}", b"") for number in range(20_001)]), "too_many_entries"),
    "parent": (lambda: zip_of([("../evil.py", b"")]), "unsafe_path"),
    "parent further in": (lambda: zip_of([("a/../../evil.py", b"")]), "unsafe_path"),
    "absolute": (lambda: zip_of([("/etc/cron.d/evil", b"")]), "unsafe_path"),
    "backslashes": (lambda: zip_of([("..\\evil.py", b"")]), "unsafe_path"),
    "a drive": (lambda: zip_of([("C:evil.py", b"")]), "unsafe_path"),
    "a line break": (lambda: zip_of([("a\nb", b"")]), "unsafe_path"),
    "right to left": (lambda: zip_of([("a\u202egnp.py", b"")]), "unsafe_path"),
    "a long name": (lambda: zip_of([("a" * 5000, b"")]), "unsafe_path"),
    "a deep folder": (lambda: zip_of([("a/" * 500 + "b", b"")]), "unsafe_path"),
    "another name inside": (lambda: zip_of([("inside.txt", b"")], tweak=other_name_inside), "corrupt"),
    "a symbolic link": (lambda: zip_of([(special("link", stat.S_IFLNK | 0o777), b"/etc/passwd")]), "link"),
    "a pipe": (lambda: zip_of([(special("pipe", stat.S_IFIFO | 0o666), b"")]), "special"),
    "a device": (lambda: zip_of([(special("null", stat.S_IFCHR | 0o666), b"")]), "special"),
    "a socket": (lambda: zip_of([(special("sock", stat.S_IFSOCK | 0o666), b"")]), "special"),
    "thousands of bad names": (lambda: zip_of([(f"../{number}", b"") for number in range(5000)]), "unsafe_path"),
    "a file that is a folder too": (lambda: zip_of([("a", b""), ("a/b", b"")]), "duplicate"),
    "no zip": (lambda: b"MZ" * 1000, "unreadable"),
    "something before the zip": (lambda: b"#!/bin/sh\n" + zip_of([("a", b"")]), "unreadable"),
    "only an end": (lambda: b"PK\x05\x06" + b"\0" * 18, "empty"),
    "nothing": (lambda: b"", "unreadable"),
    "host.json of a hundred thousand levels": (lambda: deep(b"[" * 100_000 + b"]" * 100_000), "bad_host_json"),
    "host.json of many objects": (lambda: deep(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), "bad_host_json"),
    "a huge host.json": (lambda: deep(b'{"a": "' + b"b" * 4 * MEBIBYTE + b'"}'), "bad_host_json"),
    "host.json with a huge number": (lambda: deep(b'{"a": ' + b"1" * 10_000 + b"}"), "bad_host_json"),
    "host.json in no text": (lambda: deep(b"\xff\xfe\x00"), "bad_host_json"),
}


@pytest.fixture
def check(tmp_path):
    def check_bytes(data):
        path = tmp_path / "package.zip"
        path.write_bytes(data)
        return path, check_zip(path)

    return check_bytes


@pytest.mark.parametrize(("make", "code"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_package_is_refused(check, make, code):
    data = make()
    tracemalloc.start()
    began = time.process_time()
    try:
        _, problems = check(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert code in [problem.code for problem in problems], problems
    assert all(len(problem.message) < 600 for problem in problems)
    assert len(problems) < 50
    assert peak < 40 * MEBIBYTE
    assert time.process_time() - began < 20


SOURCES = {
    "deep parentheses": b"x = " + b"(" * 100_000 + b")" * 100_000,
    "deep operators": b"x = " + b"-" * 100_000 + b"1",
    "a long chain": b"x = a" + b".a" * 100_000,
    "a long sum": b"x = 1" + b"+1" * 100_000,
    "deep blocks": b"".join(b" " * n + b"if 1:\n" for n in range(200)),
    "a NUL": b"x = 1\x00",
    "no text": b"\xff\xfe\xfa",
    "an unknown encoding": b"# -*- coding: evil -*-\nx = 1",
    "a huge number": b"x = " + b"1" * 100_000,
    "huge": b"# a comment\n" * 2_000_000,
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_hostile_source_is_no_crash_of_the_index(check, source):
    path, problems = check(zip_of([("function_app.py", source)]))
    if not problems:
        # What cannot be read is not taken for an app without functions.
        assert not index_package(path).complete


def test_an_honest_package_passes(check):
    assert check(zip_of([("shop/prices.py", b"PRICE = 1\n"), ("shop/", b"")]))[1] == ()


def test_limits_are_those_that_are_told(tmp_path):
    path = tmp_path / "package.zip"
    path.write_bytes(zip_of([("a", b"a" * 1000)]))
    assert [problem.code for problem in check_zip(path, ZipLimits(total_bytes=100))] == ["too_large"]
