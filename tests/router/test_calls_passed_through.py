"""Requests to a version app's own HTTP triggers: all of it arrives, and nothing that belongs to somebody else."""

import json
import os
from urllib.parse import parse_qsl, urlsplit

import pytest
from backend_traces import assert_hidden, backend_traces

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

PATH = "/v/1.2/http/any/thing"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
def traces(stack, storied):
    return backend_traces(stack)


def passed(router, method, path=PATH, **sent):
    """The answer, and what the app saw."""
    response = router.call("client", method, path, **sent)
    return response, json.loads(response.headers["x-seen"])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_every_method_arrives(storied, traces, method):
    body = {} if method in ("GET", "HEAD", "OPTIONS") else {"content": b"\x00\xff body"}
    response, seen = passed(storied, method, **body)
    assert (response.status_code, seen["method"], seen["size"]) == (200, method, len(body.get("content", b"")))
    assert response.content == (b"" if method == "HEAD" else body.get("content", b""))
    assert response.headers["x-durable-router-route"] == "line=1.2"
    assert_hidden(traces, response)


def test_a_large_body_of_bytes_goes_there_and_back(storied):
    body = os.urandom(3_000_000)
    response, seen = passed(storied, "PUT", content=body, headers={"Content-Type": "application/x-own"})
    assert (seen["size"], seen["headers"]["content-type"]) == (len(body), "application/x-own")
    assert (response.content == body, response.headers["content-type"]) == (True, "application/x-own")


def test_headers_of_the_caller_arrive_but_for_those_of_others(storied):
    headers = {
        "traceparent": TRACE,
        "tracestate": "a=b",
        "X-Own": "mine",
        "Accept-Language": "de",
        "Authorization": "Bearer for-the-app",
        "Connection": "close, X-Mine-Only",
        "X-Mine-Only": "1",
        "TE": "trailers",
        "Cookie": "ARRAffinity=1; session=2",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
        "X-MS-CLIENT-PRINCIPAL": "e30=",
        "X-Original-URL": "/secret?code=x",
        "Host": "evil.example",
    }
    _, seen = passed(storied, "GET", headers=headers)
    found = seen["headers"]
    assert (found["traceparent"], found["tracestate"]) == (TRACE, "a=b")
    assert (found["x-own"], found["accept-language"], found["authorization"]) == ("mine", "de", "Bearer for-the-app")
    assert (found["x-forwarded-for"], found["x-forwarded-proto"]) == ("203.0.113.9", "http")
    refused = {"x-mine-only", "te", "cookie", "forwarded", "x-ms-client-principal", "x-original-url"}
    assert refused.isdisjoint(found)
    assert "evil.example" not in found["host"]
    assert storied.keys["client"] not in json.dumps(seen)


def test_the_app_is_told_where_it_was_called(storied):
    _, seen = passed(storied, "GET")
    assert seen["headers"]["x-forwarded-host"] == urlsplit(storied.url).netloc


def test_the_query_arrives_as_it_was_sent_but_for_the_key(storied):
    query = [("tag", "a,b"), ("tag", "c"), ("empty", ""), ("sp", "a b+ü")]
    _, seen = passed(storied, "GET", params=query)
    assert parse_qsl(urlsplit(seen["url"]).query, keep_blank_values=True) == query
    response = storied.http.get(PATH, params={"code": storied.keys["client"], "q": "1"})
    assert urlsplit(json.loads(response.headers["x-seen"])["url"]).query == "q=1"


@pytest.mark.parametrize("status", [204, 302, 404, 410, 418, 429, 500, 503])
def test_a_status_of_the_app_is_the_answer(storied, status):
    assert passed(storied, "GET", params={"status": str(status)})[0].status_code == status


def test_a_failure_of_the_app_tells_nothing_of_it(storied, traces):
    response = storied.call("client", "GET", "/v/1.2/http/broken")
    assert response.status_code == 500
    assert_hidden(traces, response)
