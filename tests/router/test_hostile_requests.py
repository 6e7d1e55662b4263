"""Requests that break the rules of HTTP, or bend them: none is taken for two, and none changes anything."""

import contextlib
import socket
import time

import pytest
from raw_http import address_of, received, request, send, send_one
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

START = b"/api/smuggling/orchestrations/echo"
KEPT = b"POST /api/smuggling/lines/1.0/keep HTTP/1.1\r\nHost: x\r\nx-functions-key: %s\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def router(open_router):
    made = open_router("smuggling")
    made.deploy("1.0.0", zip_version("1.0.0"))
    return made


def everything(router):
    return router.routes(), router.call("client", "GET", "/instances", params={"top": 1000}).json()


@pytest.fixture(autouse=True)
def unchanged(router):
    before = everything(router)
    yield
    assert everything(router) == before, "something was changed"
    assert not router.line("1.0").get("keep"), "a smuggled request was served"


def head(router, *lines, method=b"POST", target=START, role="client"):
    key = b"x-functions-key: " + router.keys[role].encode()
    return b"\r\n".join([method + b" " + target + b" HTTP/1.1", b"Host: x", key, *lines]) + b"\r\n\r\n"


def smuggled(router):
    return KEPT % router.keys["admin"].encode()


# In each the body, or what some reader takes for the body, is a whole request of an admin.
SMUGGLING = {
    "both lengths, chunks win": ([b"Content-Length: %(length)d", b"Transfer-Encoding: chunked"], b"0\r\n\r\n"),
    "both lengths, length first": ([b"Transfer-Encoding: chunked", b"Content-Length: 4"], b"0\r\n\r\n"),
    "two lengths": ([b"Content-Length: 0", b"Content-Length: %(length)d"], b""),
    "two lengths, the other way": ([b"Content-Length: %(length)d", b"Content-Length: 0"], b""),
    "a list of lengths": ([b"Content-Length: 0, %(length)d"], b""),
    "a length with a sign": ([b"Content-Length: +0"], b""),
    "a negative length": ([b"Content-Length: -1"], b""),
    "a length in hexadecimal": ([b"Content-Length: 0x0"], b""),
    "a length in other digits": (["Content-Length: ٠".encode()], b""),
    "a huge length": ([b"Content-Length: 99999999999999999999999"], b""),
    "a length with an underscore": ([b"Content-Length: 1_0"], b"0123456789"),
    "an unknown coding": ([b"Transfer-Encoding: xchunked"], b"0\r\n\r\n"),
    "a coding after chunks": ([b"Transfer-Encoding: chunked, identity"], b"0\r\n\r\n"),
    "chunks twice": ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"], b"0\r\n\r\n"),
    "chunks in two headers": ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: cow"], b"0\r\n\r\n"),
    "a space before the colon": ([b"Transfer-Encoding : chunked", b"Content-Length: 4"], b"0\r\n\r\n"),
    "a tab before the coding": ([b"Transfer-Encoding:\tchunked", b"Content-Length: 4"], b"0\r\n\r\n"),
    "a vertical tab before the coding": ([b"Transfer-Encoding: \x0bchunked", b"Content-Length: 4"], b"0\r\n\r\n"),
    "a NUL in the coding": ([b"Transfer-Encoding: chunked\x00", b"Content-Length: 4"], b"0\r\n\r\n"),
    "a folded header": ([b"X: y", b" Transfer-Encoding: chunked", b"Content-Length: 4"], b"0\r\n\r\n"),
    "a header hidden by a line feed": ([b"X: y\nTransfer-Encoding: chunked", b"Content-Length: 4"], b"0\r\n\r\n"),
    "a header hidden by a return": ([b"X: y\rTransfer-Encoding: chunked", b"Content-Length: 4"], b"0\r\n\r\n"),
    "a bad chunk size": ([b"Transfer-Encoding: chunked"], b"zz\r\n\r\n"),
    "a negative chunk size": ([b"Transfer-Encoding: chunked"], b"-1\r\n\r\n"),
    "a huge chunk size": ([b"Transfer-Encoding: chunked"], b"fffffffffffffffff\r\n"),
    "a chunk size with a prefix": ([b"Transfer-Encoding: chunked"], b"0x0\r\n\r\n"),
    "a chunk without its end": ([b"Transfer-Encoding: chunked"], b"1\r\nab\r\n0\r\n\r\n"),
    "a chunk extension with a line feed": ([b"Transfer-Encoding: chunked"], b"0;a\nb\r\n\r\n"),
}


@pytest.mark.parametrize(("lines", "body"), SMUGGLING.values(), ids=SMUGGLING)
def test_a_request_is_not_taken_for_two(router, lines, body):
    inner = smuggled(router)
    length = len(body) + len(inner)
    answers = send(
        router.url, head(router, *(line.replace(b"%(length)d", b"%d" % length) for line in lines)) + body + inner
    )
    # The request itself is refused, as its body is no JSON or its framing no framing, and the connection ends.
    assert len(answers) <= 1, answers
    assert all(400 <= answer.status < 500 for answer in answers), answers


LINES = {
    "no host": b"GET /api/smuggling/routes HTTP/1.1\r\n\r\n",
    "a space in a name": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\nX Y: z\r\n\r\n",
    "an empty name": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\n: z\r\n\r\n",
    "no colon": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n",
    "a NUL in a name": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\na\x00b: z\r\n\r\n",
    "a NUL in a value": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\na: \x00\r\n\r\n",
    "a return in a value": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\na: b\rc\r\n\r\n",
    "no version": b"GET /api/smuggling/routes\r\n\r\n",
    "an unknown version": b"GET /api/smuggling/routes HTTP/7.7\r\nHost: x\r\n\r\n",
    "a space in the target": b"GET /api/smuggling/routes x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the target": b"GET /api/smuggling/\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in the target": b"GET /api/smuggling/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "another target": b"GET http://169.254.169.254/latest HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a trace": b"TRACE /api/smuggling/routes HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in lower case": b"get /api/smuggling/routes HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method that is none": b"G@T /api/smuggling/routes HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a long target": b"GET /api/" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\na: " + b"b" * 70_000 + b"\r\n\r\n",
    "a long header name": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\n" + b"b" * 70_000 + b": a\r\n\r\n",
    "many headers": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 40_000 + b"\r\n",
    "a long query": b"GET /api/smuggling/routes?a=" + b"b" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a host of another": b"GET /api/smuggling/routes HTTP/1.1\r\nHost: evil.example/@x\r\n\r\n",
}


@pytest.mark.parametrize("data", LINES.values(), ids=LINES)
def test_what_is_no_request_is_refused(router, data):
    answers = send(router.url, data)
    assert len(answers) <= 1, answers
    assert all(400 <= answer.status < 500 for answer in answers), answers


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"X-Functions-Key: wrong", id="another key after the right one"),
        pytest.param(b"X-HTTP-Method-Override: DELETE", id="another method"),
        pytest.param(b"X-Original-URL: /api/smuggling/lines/1.0/keep", id="another path"),
        pytest.param(b"X-Rewrite-URL: /api/smuggling/lines/1.0/keep", id="another path again"),
        pytest.param(b"X-Forwarded-For: 127.0.0.1", id="another sender"),
        pytest.param(b"X-MS-CLIENT-PRINCIPAL: eyJyb2xlcyI6WyJhZG1pbiJdfQ==", id="another person"),
    ],
)
def test_no_header_makes_a_request_another(router, header):
    answer = send_one(router.url, head(router, header, b"Content-Length: 1") + b"{")
    assert (answer.status, answer.problem) in {(400, "invalid-body"), (401, "unauthenticated")}


def test_many_who_send_slowly_keep_nobody_from_being_served(router):
    with contextlib.ExitStack() as held:
        slow = [held.enter_context(socket.create_connection(address_of(router.url))) for _ in range(150)]
        for number, connection in enumerate(slow):
            # Some stop in the middle of the headers, the others in the middle of the body.
            unfinished = head(router, b"Content-Length: 100")
            connection.sendall(unfinished[:-3] if number % 2 else unfinished + b'{"a": ')
        for _ in range(20):
            assert router.call("admin", "GET", "/routes").status_code == 200
        for connection in slow:
            connection.sendall(b"x")
        assert router.call("admin", "GET", "/routes").status_code == 200


def test_a_body_that_does_not_come_is_given_up(router):
    with socket.create_connection(address_of(router.url)) as connection:
        connection.sendall(head(router, b"Content-Length: 100"))
        began = time.monotonic()
        data = received(connection, 60)
        assert 4 < time.monotonic() - began < 50
        assert data.startswith(b"HTTP/1.1 408 "), data


def test_whoever_sends_half_a_package_and_goes_changes_nothing(router):
    body = zip_version("1.0.1")
    headers = {"x-functions-key": router.keys["release"], "Content-Length": str(len(body))}
    data = request("PUT", "/api/smuggling/releases/1.0.1", headers=headers, body=body[:-10])
    with socket.create_connection(address_of(router.url)) as connection:
        connection.sendall(data)
