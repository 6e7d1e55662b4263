"""The page on a site's port while no host runs: nobody who has reached it goes without an answer."""

import socket

import httpx
import pytest

REQUEST = b"GET /api/x HTTP/1.1\r\nHost: site\r\n\r\n"


def connect(site) -> socket.socket:
    host, _, port = site.default_host_name.partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def read_all(client: socket.socket) -> bytes:
    answer = b""
    while chunk := client.recv(65536):
        answer += chunk
    return answer


def test_a_connection_that_the_page_took_is_answered_although_a_host_has_come_meanwhile(azure, about):
    site = azure.make_site("orders")
    with connect(site) as early:
        # Connections are accepted in order: once a later one has its answer, the early one is with the page.
        assert httpx.get(f"http://{site.default_host_name}/").status_code == 503
        azure.publish(site, {"version.txt": "one"})
        assert about(site)["version"] == "one"
        early.sendall(REQUEST)
        assert read_all(early).startswith(b"HTTP/1.1 503 ")


def test_a_silent_connection_does_not_keep_the_host_from_starting(azure, about, until):
    site = azure.make_site("orders")
    with connect(site) as silent:
        httpx.get(f"http://{site.default_host_name}/")
        azure.publish(site, {"version.txt": "one"})
        assert about(site)["version"] == "one"
        assert silent.recv(1) == b""


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_every_method_is_answered_also_with_a_large_body(azure, method):
    site = azure.make_site("orders")
    answer = httpx.request(method, f"http://{site.default_host_name}/api/x", content=b"x" * 3_000_000)
    assert (answer.status_code, list(answer.json())) == (503, ["error"])


def test_head_is_answered_without_a_body(azure):
    site = azure.make_site("orders")
    with connect(site) as client:
        client.sendall(REQUEST.replace(b"GET", b"HEAD"))
        head, _, body = read_all(client).partition(b"\r\n\r\n")
    assert (head.startswith(b"HTTP/1.1 503 "), body) == (True, b"")


def test_something_that_is_no_http_is_dropped(azure):
    site = azure.make_site("orders")
    with connect(site) as client:
        client.sendall(b"\x16\x03\x01" + b"x" * 100_000)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
