"""Input fidelity: what the SDK's get_input gives for each body a client may post."""

import json

import pytest
from azure.durable_functions import DurableOrchestrationContext

from router_app.inputs import read_input
from router_app.problems import Problem

STARTED = [
    {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": "2026-01-01T00:00:00.000000Z"},
    {
        "EventType": 0,
        "EventId": -1,
        "IsPlayed": False,
        "Timestamp": "2026-01-01T00:00:00.000000Z",
        "Name": "o",
        "Version": "",
    },
]


def as_user_code_sees_it(start_body: str):
    """What get_input returns when a host stores the start body as its JSON value (PROTOCOL 3)."""
    stored = json.loads(start_body) if start_body else None
    request = {
        "history": STARTED,
        "input": stored,
        "instanceId": "1.0~a",
        "parentInstanceId": None,
        "isReplaying": False,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
    }
    return DurableOrchestrationContext.from_json(json.dumps(request)).get_input()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": [1, {"b": None}]}, id="object"),
        pytest.param({}, id="empty object"),
        pytest.param([1, "two", None], id="array"),
        pytest.param([], id="empty array"),
        pytest.param("text", id="string"),
        pytest.param("", id="empty string"),
        pytest.param('{"looks": "like JSON"}', id="string that holds JSON"),
        pytest.param("5", id="string that holds a number"),
        pytest.param(0, id="zero"),
        pytest.param(-12.5e-3, id="float"),
        pytest.param(2**70, id="large number"),
        pytest.param(True, id="true"),
        pytest.param(False, id="false"),
        pytest.param(None, id="null"),
        pytest.param("ünïcödé \U0001f600 \u2028", id="beyond ASCII"),
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_user_code_gets_what_the_client_posted(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    seen = as_user_code_sees_it(read_input(body))
    assert seen == value
    assert type(seen) is type(value)


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body_is_no_input(body):
    assert read_input(body) == ""


def test_a_byte_order_mark_is_no_fault():
    assert as_user_code_sees_it(read_input(b"\xef\xbb\xbf[1]")) == [1]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="cut off"),
        pytest.param(b"hello", id="plain text"),
        pytest.param(b"{'a': 1}", id="Python"),
        pytest.param(b"NaN", id="not a number"),
        pytest.param(b'{"a": Infinity}', id="infinity"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b"[" * 101 + b"]" * 101, id="a level too deep"),
        pytest.param(b'{"a":' * 101 + b"1" + b"}" * 101, id="objects a level too deep"),
    ],
)
def test_what_is_not_json_is_refused(body):
    with pytest.raises(Problem) as refused:
        read_input(body)
    assert refused.value.kind.slug == "invalid-body"
