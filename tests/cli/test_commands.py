"""The command line: what it asks the router, what it prints, and how it ends."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router_cli.commands.steering import read_duration
from router_cli.packaging import pack_folder
from version_registry.codec import encode
from version_registry.model import Count, RoutingTable, Timings
from version_registry.transitions import apply
from version_registry.views import view_log, view_table

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "orders" / "1.0.0"
RELEASE = "/api/orders/releases/1.0.0"

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
TIMINGS = Timings()


def a_table() -> RoutingTable:
    """Two deployed lines, the older one with three unfinished instances: made by the core itself."""
    table: RoutingTable | None = None
    for version, digest in (("1.0.1", "a"), ("1.1.0", "b")):
        line, operation = version.rpartition(".")[0], f"deploy~orders~{version}~1"
        app = {"name": f"app-{line}", "host": "127.0.0.1:1"}
        release = {"application": "orders", "version": version, "digest": digest * 64, "functions": []}
        table = changed(table, "register_release", release)
        table = changed(table, "begin_deploy", {"version": version, "operation": operation})
        table = changed(table, "activate", {"line": line, "operation": operation, "app": app, "functions": []})
    return changed(table, "record_counts", {"counts": {"1.0": encode(Count(NOW, 3))}})


def changed(table: RoutingTable | None, operation: str, args: dict[str, object]) -> RoutingTable:
    change = apply(table, operation, args, NOW)
    assert change.outcome["granted"], change.outcome
    assert change.table is not None
    return change.table


ROUTES = dict(view_table(a_table(), NOW, TIMINGS))


def a_release(status: str, **more: object) -> dict[str, object]:
    return {"version": "1.0.0", "status": status, "conditions": [], **more}


@pytest.mark.parametrize(
    ("arguments", "call", "body", "header"),
    [
        pytest.param(
            ["start", "orders", "place_order", "--input", '{"item": "book"}'],
            "POST /api/orders/orchestrations/place_order",
            {"item": "book"},
            {},
            id="start on the current line",
        ),
        pytest.param(
            ["start", "orders", "place_order", "--version", "~=1.4", "--id", "order 77"],
            "POST /api/orders/orchestrations/place_order/order%2077?version=~%3D1.4",
            None,
            {},
            id="start by version and id, quoted",
        ),
        pytest.param(
            ["start", "orders", "place_order", "--idempotency-key", "k1"],
            "POST /api/orders/orchestrations/place_order",
            None,
            {"idempotency-key": "k1"},
            id="start repeatably",
        ),
        pytest.param(
            ["raise", "orders", "1.0~ann", "payment", "--data", '{"method": "card"}'],
            "POST /api/orders/instances/1.0~ann/raiseEvent/payment",
            {"method": "card"},
            {},
            id="raise an event",
        ),
        pytest.param(["promote", "orders", "1.1"], "POST /api/orders/lines/1.1/promote", None, {}, id="promote"),
        pytest.param(
            ["promote", "orders", "2.0.0rc1", "--force"],
            "POST /api/orders/lines/2.0.0rc1/promote?force=true",
            None,
            {},
            id="promote a pre-release",
        ),
        pytest.param(
            ["promote", "orders", "1.1", "--if-generation", "17"],
            "POST /api/orders/lines/1.1/promote",
            None,
            {"if-match": '"17"'},
            id="promote what was seen",
        ),
        pytest.param(["rollback", "orders"], "POST /api/orders/rollback", None, {}, id="roll back"),
        pytest.param(
            ["keep", "orders", "1.0", "--reason", "audit"],
            "POST /api/orders/lines/1.0/keep",
            {"reason": "audit"},
            {},
            id="keep",
        ),
        pytest.param(
            ["keep", "orders", "1.0", "--no-longer"], "DELETE /api/orders/lines/1.0/keep", None, {}, id="no longer keep"
        ),
        pytest.param(["drain", "orders", "1.0"], "POST /api/orders/lines/1.0/drain", None, {}, id="drain"),
        pytest.param(
            ["drain", "orders", "1.0", "--cancel"],
            "POST /api/orders/lines/1.0/cancel-drain",
            None,
            {},
            id="cancel a drain",
        ),
        pytest.param(
            ["ramp", "orders", "1.1", "10"], "POST /api/orders/lines/1.1/ramp", {"percent": 10}, {}, id="ramp"
        ),
    ],
)
def test_command_makes_its_one_call(router, command, arguments, call, body, header) -> None:
    router.answer(call, 202, {"id": "1.0~ann", "policy": {}})
    result = command(*arguments)
    assert result.exit_code == 0, result.err
    (asked,) = router.asked
    assert f"{asked.method} {asked.path}" == call
    assert (json.loads(asked.body) if asked.body else None) == body
    assert asked.headers["x-functions-key"] == "the-key"
    assert header.items() <= asked.headers.items()


def test_a_start_prints_the_id_and_why_its_line_was_chosen(router, command) -> None:
    router.answer(
        "POST /api/orders/orchestrations/place_order", 202, {"id": "1.1~x"}, x_durable_router_route="line=1.1"
    )
    assert command("start", "orders", "place_order").out.strip() == "1.1~x  (line=1.1)"


def test_input_is_read_from_a_file(router, command, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"item": "lamp"}')
    router.answer("POST /api/orders/orchestrations/place_order", 202, {"id": "1.1~x"})
    command("start", "orders", "place_order", "--input", f"@{tmp_path}/order.json")
    assert router.asked[0].json == {"item": "lamp"}


def test_a_release_uploads_the_packed_folder_with_its_digest(router, command) -> None:
    router.answer(f"PUT {RELEASE}", 202, a_release("registered"))
    assert command("release", "orders", "1.0.0", str(EXAMPLE)).exit_code == 0
    (asked,) = router.asked
    assert asked.body == pack_folder(EXAMPLE)
    assert asked.headers["content-type"] == "application/zip"
    assert asked.headers["x-package-sha256"] == hashlib.sha256(asked.body).hexdigest()


def test_waiting_for_a_release_tells_its_steps_and_ends_well(router, command) -> None:
    router.answer(f"PUT {RELEASE}", 202, a_release("registered"))
    for step in ("making the app", "publishing"):
        router.answer(f"GET {RELEASE}", 200, a_release("deploying", operation={"progress": step}))
    router.answer(f"GET {RELEASE}", 200, a_release("active"))
    result = command("release", "orders", "1.0.0", str(EXAMPLE), "--wait")
    assert result.exit_code == 0
    told = [line.strip() for line in result.out.splitlines()]
    assert told[1:] == ["making the app", "publishing", "orders 1.0.0 is active"]


def test_a_failed_release_says_why_and_exits_with_4(router, command) -> None:
    condition = {"type": "Ready", "status": False, "reason": "deploy_failed", "message": "no module named shop"}
    router.answer(f"PUT {RELEASE}", 202, a_release("registered"))
    router.answer(f"GET {RELEASE}", 200, a_release("failed", conditions=[condition]))
    result = command("release", "orders", "1.0.0", str(EXAMPLE), "--wait")
    assert result.exit_code == 4
    assert "deploy_failed: no module named shop" in result.out


def test_a_release_that_takes_longer_than_the_wait_exits_with_5(router, command) -> None:
    router.answer(f"PUT {RELEASE}", 202, a_release("registered"))
    router.answer(f"GET {RELEASE}", 200, a_release("deploying"))
    assert command("release", "orders", "1.0.0", str(EXAMPLE), "--wait", "--timeout", "0").exit_code == 5


@pytest.mark.parametrize(
    ("status", "code"),
    [("Completed", 0), ("Failed", 4), ("Terminated", 4), ("Running", 5)],
)
def test_waiting_for_an_instance_tells_its_end_by_the_exit_code(router, command, status: str, code: int) -> None:
    router.answer("GET /api/orders/instances/1.0~ann", 200, {"instanceId": "1.0~ann", "runtimeStatus": status})
    assert command("status", "orders", "1.0~ann", "--wait", "0.01").exit_code == code


def test_looking_at_an_unfinished_instance_is_no_failure(router, command) -> None:
    state = {"instanceId": "1.0~ann", "runtimeStatus": "Running", "customStatus": "waiting for payment"}
    router.answer("GET /api/orders/instances/1.0~ann", 202, state)
    result = command("status", "orders", "1.0~ann")
    assert result.exit_code == 0
    assert "waiting for payment" in result.out


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param(400, 1, id="wrong"),
        pytest.param(409, 1, id="refused"),
        pytest.param(500, 3, id="router failed"),
        pytest.param(503, 3, id="not now"),
    ],
)
def test_a_problem_is_told_in_words_on_stderr(router, command, status: int, code: int) -> None:
    problem = {"type": "urn:x", "title": "No", "status": status, "detail": "because of this", "holder": "deploy~1"}
    router.answer("POST /api/orders/lines/1.1/promote", status, problem)
    result = command("promote", "orders", "1.1")
    assert result.exit_code == code
    assert result.out == ""
    assert result.err.splitlines() == [f"durable-router: {status} No: because of this", "  holder: deploy~1"]


def test_a_problem_is_json_when_json_was_asked_for(router, command) -> None:
    router.answer("GET /api/orders/routes", 404, {"title": "No such application", "status": 404})
    result = command("routes", "orders", "--json")
    assert result.exit_code == 1
    assert json.loads(result.err) == {"title": "No such application", "status": 404}


def test_no_answer_exits_with_3_and_names_the_router(command) -> None:
    result = command("routes", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 3
    assert "http://127.0.0.1:1" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nonsense"], id="no such command"),
        pytest.param(["routes", "--url", ""], id="no router named"),
        pytest.param(["routes", "--key", ""], id="no key"),
        pytest.param(["start", "orders", "x", "--input", "{"], id="input is not JSON"),
        pytest.param(["policy", "orders", "--sunset-delay", "soon"], id="not a duration"),
        pytest.param(["release", "orders", "1.0.0", "/no/such/folder"], id="no such package"),
    ],
)
def test_a_wrong_command_line_exits_with_2_and_asks_nothing(router, command, arguments: list[str]) -> None:
    assert command(*arguments).exit_code == 2
    assert router.asked == []


def test_the_key_is_in_no_output(router, command) -> None:
    router.answer("GET /api/orders/routes", 401, {"title": "A key is needed", "status": 401})
    result = command("routes", "orders")
    assert "the-key" not in result.out + result.err


def test_routes_are_drawn_with_what_each_line_waits_for(router, command) -> None:
    router.answer("GET /api/orders/routes", 200, ROUTES)
    out = command("routes", "orders").out
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines() if line.startswith("│")]
    assert rows == [
        ["1.1", "live · current", "1.1.0", "app-1.1", "", ""],
        ["1.0", "live", "1.0.1", "app-1.0", "3", "3 unfinished instances"],
    ]


def test_the_log_is_drawn_with_reasons(router, command) -> None:
    router.answer("GET /api/orders/log", 200, dict(view_log(a_table())))
    out = command("log", "orders").out
    assert all(word in out for word in ("register_release", "begin_deploy", "activate", "1.1.0"))


def test_routes_as_json_are_the_routers_own_answer(router, command) -> None:
    router.answer("GET /api/routes", 200, {"applications": [ROUTES]})
    assert command("routes", "--json").json == {"applications": [ROUTES]}


def test_policy_changes_what_is_named_and_shows_the_whole(router, command) -> None:
    router.answer("PUT /api/orders/policy", 200, {"generation": 18})
    router.answer("GET /api/orders/routes", 200, ROUTES)
    result = command("policy", "orders", "--sunset-delay", "2h", "--keep-last", "0")
    assert router.asked[0].json == {"sunset_delay": 7200.0, "keep_last": 0}
    assert "promote: immediately" in result.out


def test_policy_without_options_is_shown_and_not_changed(router, command) -> None:
    router.answer("GET /api/orders/routes", 200, ROUTES)
    assert "keep_last: 0" in command("policy", "orders").out
    assert [asked.method for asked in router.asked] == ["GET"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604800), ("1.5h", 5400)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


def test_package_writes_a_zip_that_release_takes(command, router, tmp_path: Path) -> None:
    target = tmp_path / "orders.zip"
    assert command("package", str(EXAMPLE), str(target)).exit_code == 0
    assert target.read_bytes() == pack_folder(EXAMPLE)
