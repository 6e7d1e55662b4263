"""Which headers cross the router."""

import pytest

from router_app.http.hiding import Hidden
from router_app.http.passed_headers import to_app, to_client

HIDDEN = Hidden("app.test", ("secret-key",), "https://router.example/api/orders", "1.0")
HTTP = "https://router.example/api/orders/v/1.0/http"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://app.test/api/about?code=secret-key&x=1", f"{HTTP}/about?x=1"),
        ("/api/about?x=1", f"{HTTP}/about?x=1"),
        ("about/2", "about/2"),
        ("//elsewhere.example/x", "//elsewhere.example/x"),
        ("https://elsewhere.example/x", "https://elsewhere.example/x"),
    ],
)
def test_a_place_that_an_app_names_is_one_at_the_router(location, expected):
    assert to_client({"Location": location}, HIDDEN) == {"Location": expected}


def test_an_apps_own_headers_reach_the_client_but_for_what_its_platform_says():
    told = {"X-Own": "at app.test", "ETag": "7", "x-ms-continuation-token": "t"}
    kept = {"Server": "Kestrel", "X-Powered-By": "ASP.NET", "Set-Cookie": "ARRAffinity=1", "Request-Context": "appId=1"}
    assert to_client({**told, **kept, "x-ms-request-id": "1"}, HIDDEN) == {**told, "X-Own": "at <app>"}


def test_an_app_is_told_the_routers_origin_whatever_the_client_says():
    sent = {"x-forwarded-host": "evil", "x-forwarded-for": "203.0.113.9", "forwarded": "host=evil", "accept": "*/*"}
    assert to_app(sent, "https://router.example") == {
        "accept": "*/*",
        "X-Forwarded-Host": "router.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
    }
