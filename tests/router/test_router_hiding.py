"""What an app writes into its answers about itself never reaches a client."""

import json
from dataclasses import replace

import pytest

from router_app.http.hiding import Hidden, hide_in_body, hide_in_text

HIDDEN = Hidden(
    host="orders-1-0-abc.azurewebsites.net",
    secrets=("dur/able==", "default-key"),
    application_url="https://router.example/api/orders",
    line="1.0",
)
BASE = "https://orders-1-0-abc.azurewebsites.net/runtime/webhooks/durabletask/instances/1.0~a"
KEY = "taskHub=h&connection=Storage&code=dur%2Fable%3D%3D"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{BASE}?{KEY}", "https://router.example/api/orders/instances/1.0~a"),
        (
            f"{BASE}/raiseEvent/{{eventName}}?{KEY}",
            "https://router.example/api/orders/instances/1.0~a/raiseEvent/{eventName}",
        ),
        (
            f"{BASE}/terminate?reason={{text}}&{KEY}",
            "https://router.example/api/orders/instances/1.0~a/terminate?reason={text}",
        ),
        (
            "http://ORDERS-1-0-abc.azurewebsites.net/api/about?x=1&code=default-key",
            "https://router.example/api/orders/v/1.0/http/about?x=1",
        ),
        (
            f"{BASE.replace('1.0~a', 'own-start')}?{KEY}",
            "https://router.example/api/orders/v/1.0/runtime/webhooks/durabletask/instances/own-start",
        ),
        (
            f"https://orders-1-0-abc.azurewebsites.net/runtime/webhooks/durabletask/orchestrators/echo?{KEY}",
            "https://router.example/api/orders/v/1.0/runtime/webhooks/durabletask/orchestrators/echo",
        ),
        ("key dur/able== and dur%2Fable%3D%3D", "key <hidden> and <hidden>"),
        ("as .NET escapes it: dur%2fable%3d%3d", "as .NET escapes it: <hidden>"),
        (r"in JSON: dur\/able== dur\u002fable\u003D=", "in JSON: <hidden> <hidden>"),
        ("in HTML: dur&#x2F;able&#61;&#61;", "in HTML: <hidden>"),
        ("half escaped: dur/able%3D=, default%2dkey", "half escaped: <hidden>, <hidden>"),
        ("I am orders-1-0-abc.azurewebsites.net", "I am <app>"),
        ("https://orders-1-0-abc.azurewebsites.net.evil.example/x", "https://<app>.evil.example/x"),
        ("https://elsewhere.example/?code=mine", "https://elsewhere.example/?code=mine"),
    ],
)
def test_urls_become_the_routers_and_the_rest_is_hidden(text, expected):
    assert hide_in_text(text, HIDDEN) == expected


def test_a_host_with_a_port_is_hidden_in_every_spelling_and_no_other_port_is():
    local = replace(HIDDEN, host="127.0.0.1:7071")
    text = "to=http%3A%2F%2F127.0.0.1%3A7071%2Fapi%2Fx 127.0.0.1:7071/x 127.0.0.1:70712/y"
    assert hide_in_text(text, local) == "to=http%3A%2F%2F<app>%2Fapi%2Fx <app>/x 127.0.0.1:70712/y"
    assert hide_in_body(b"127.0.0.1%3A7071", "text/plain", local) == b"<app>"
    assert hide_in_body(b"127.0.0.1%3a7071", "text/plain", local) == b"<app>"


@pytest.mark.parametrize("written", ["dur%2fable%3d%3d", "dur&#x2f;able==", "dur%2Fable=%3D"])
def test_a_key_is_found_in_a_body_however_it_is_escaped(written):
    assert hide_in_body(f"k={written}".encode(), "text/plain", HIDDEN) == b"k=<hidden>"


def test_a_check_status_object_becomes_the_routers():
    body = json.dumps({"id": "1.0~a", "statusQueryGetUri": f"{BASE}?{KEY}"}).encode()
    assert json.loads(hide_in_body(body, "application/json; charset=utf-8", HIDDEN)) == {
        "id": "1.0~a",
        "statusQueryGetUri": "https://router.example/api/orders/instances/1.0~a",
    }


def test_escapes_hide_nothing_from_us():
    body = rb'{"url": "https://orders-1-0-abc.azurewebsites.net/api/x?code\u003ddefault-key\u0026y=2"}'
    assert json.loads(hide_in_body(body, "application/json", HIDDEN))["url"].endswith("/http/x?y=2")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"\x00\xff\xfe plain bytes", "application/octet-stream"), ('{"a": "ü"}'.encode(), "application/json")],
)
def test_an_answer_without_anything_to_hide_stays_byte_for_byte(body, content_type):
    assert hide_in_body(body, content_type, HIDDEN) == body


def test_bytes_around_a_hidden_key_stay():
    body = b"\xff default-key \xfe"
    assert hide_in_body(body, "application/octet-stream", HIDDEN) == b"\xff <hidden> \xfe"


def test_a_repr_shows_no_key():
    assert "default-key" not in repr(HIDDEN)
