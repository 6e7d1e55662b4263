"""Hostile bodies: refused with a problem, nothing is changed, and the router's processes keep their size."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from raw_http import request, send_one
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

MEBIBYTE = 1024 * 1024
PACKAGE = zip_version("1.0.0")
START = "/orchestrations/echo"


@pytest.fixture(scope="module")
def router(open_router):
    made = open_router("bodies")
    made.deploy("1.0.0", PACKAGE)
    return made


def everything(router):
    return router.routes(), router.call("client", "GET", "/instances", params={"top": 1000}).json()


@pytest.fixture(autouse=True, scope="module")
def unchanged(router, stack):
    def state():
        return everything(router), sorted(path.name for path in stack.state_dir.rglob("packages/bodies/*"))

    before = state()
    yield
    assert state() == before


@pytest.fixture(scope="module")
def router_processes(stack):
    """The router's host and its workers."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
    lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
    found = [int(pid) for pid, command in lines if f"{stack.state_dir}/azure/sites/durable-router/" in command]
    assert len(found) >= 2, listed.stdout
    return found


def peak_bytes(pids):
    """The most memory that each of the processes has had so far."""
    peaks = {}
    for pid in pids:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        peaks[pid] = int(found[1]) * 1024
    return peaks


def refused(response, status, slug):
    assert response.status_code == status, response.text[:500]
    assert response.json()["type"].endswith(f":{slug}"), response.text[:500]


STARTS = {
    "a hundred thousand lists": b"[" * 100_000 + b"]" * 100_000,
    "a hundred thousand objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists without end": b"[" * 100_000,
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": Infinity}',
    "minus infinity": b"-Infinity",
    "a number of ten thousand digits": b"1" * 10_000,
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a lone surrogate as the value": b'"\\udfff"',
    "surrogates in the wrong order": b'["\\udc00\\ud800"]',
    "a lone surrogate as a name": b'{"\\uD83D": 1}',
    "a lone surrogate in bytes": b'{"a": "\xed\xa0\x80"}',
    "overlong UTF-8": b'{"a": "\xc0\xae"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "NUL": b"\x00",
    "NUL after it": b"{}\x00",
    "two values": b"{}{}",
    "single quotes": b"{'a': 1}",
    "a comment": b"{} // no",
    "a comma too many": b"[1,]",
    "an octal number": b"[010]",
    "a raw line break in a text": b'"a\nb"',
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "YAML": b"!!python/object/apply:os.system ['id']",
    "a pickle": b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00.",
    "a form": b"a=1&b=2",
}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("body", STARTS.values(), ids=STARTS)
def test_what_is_no_json_is_no_input_and_no_event(router, body, content_type):
    for path in (START, "/instances/1.0~nobody/raiseEvent/go"):
        answer = router.call("client", "POST", path, content=body, headers={"Content-Type": content_type})
        refused(answer, 400, "invalid-body")


CHANGES = {
    **STARTS,
    "a list": b"[]",
    "a text": b'"x"',
    "a name twice": b'{"percent": 0, "percent": 100}',
    "an unknown name": b'{"percent": 0, "__proto__": {"admin": true}}',
    "another type": b'{"percent": "0"}',
    "a number that overflows": b'{"percent": 1e999}',
}


@pytest.mark.parametrize("body", CHANGES.values(), ids=CHANGES)
def test_what_is_no_change_changes_nothing(router, body):
    refused(router.call("admin", "POST", "/lines/1.0/ramp", content=body), 400, "invalid-body")


@pytest.mark.parametrize("body", CHANGES.values(), ids=CHANGES)
def test_what_is_no_policy_is_refused(router, body):
    body = body.replace(b"percent", b"keep_last")
    refused(router.call("admin", "PUT", "/policy", content=body), 400, "invalid-body")


PACKAGES = {
    "text": b"no zip",
    "half a package": PACKAGE[: len(PACKAGE) // 2],
    "a form with a file": b'--x\r\nContent-Disposition: form-data; name="f"; filename="../../a.zip"\r\n\r\n' + PACKAGE,
    "a tar": b"\0" * 257 + b"ustar" + b"\0" * 250,
    "compressed once more": b"\x1f\x8b\x08\x00" + PACKAGE,
}


@pytest.mark.parametrize("body", PACKAGES.values(), ids=PACKAGES)
def test_what_is_no_package_is_refused(router, body):
    refused(router.release("1.0.1", body), 422, "corrupt-package")


@pytest.mark.parametrize("method_and_path", ["POST " + START, "POST /instances/1.0~a/raiseEvent/go", "PUT /policy"])
def test_a_body_over_the_limit_is_refused_by_its_size(router, method_and_path):
    method, path = method_and_path.split()
    role = "admin" if method == "PUT" else "client"
    refused(router.call(role, method, path, content=b'"' + b"a" * (4 * MEBIBYTE) + b'"'), 413, "body-too-large")


def test_a_body_within_the_limit_is_taken(router):
    response = router.call("client", "POST", "/instances/1.0~nobody/raiseEvent/go", json="a" * 3 * MEBIBYTE)
    refused(response, 404, "unknown-instance")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_giant_body_is_refused_before_it_is_sent(router, method):
    path, role = {"POST": (START, "client"), "PUT": ("/releases/1.0.1", "release")}[method]
    headers = {"x-functions-key": router.keys[role], "Content-Length": str(50 * 1024 * MEBIBYTE)}
    answer = send_one(router.url, request(method, f"/api/bodies{path}", headers=headers))
    assert answer.status == 413


def test_large_bodies_leave_the_router_as_large_as_it_was(router, router_processes):
    """The bound: what one request takes is a few times its body, and nothing of it stays."""
    one, at_once, rounds = 24 * MEBIBYTE, 2, 5
    large = b"[" + b"1," * (one // 2) + b"1]"

    def send(_):
        return router.call("client", "POST", START, content=large).status_code

    before = peak_bytes(router_processes)
    for _ in range(rounds):
        with ThreadPoolExecutor(at_once) as pool:
            assert set(pool.map(send, range(at_once))) == {413}
    grown = {pid: peak - before[pid] for pid, peak in peak_bytes(router_processes).items()}
    print({pid: round(growth / MEBIBYTE) for pid, growth in grown.items()}, "MiB more at most")
    assert max(grown.values()) < 5 * at_once * one


def test_deep_and_many_bodies_leave_the_router_as_large_as_it_was(router, router_processes):
    before = peak_bytes(router_processes)
    bodies = [json.dumps([{"a": [number] * 1000}] * 300).encode()[:-1] for number in range(40)]
    for body in bodies:
        refused(router.call("client", "POST", START, content=body), 400, "invalid-body")
    grown = {pid: peak - before[pid] for pid, peak in peak_bytes(router_processes).items()}
    assert max(grown.values()) < 100 * MEBIBYTE, grown
