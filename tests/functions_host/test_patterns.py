"""The documented patterns of Durable Functions, as an app that a user would write, on a real host."""

from pathlib import Path

import httpx
import pytest

APP = Path(__file__).parents[2] / "examples" / "patterns"
ENDED = {"Completed", "Failed", "Terminated"}


@pytest.fixture(scope="module")
def host(module_hosts):
    return module_hosts.start(APP, "--state-dir", str(module_hosts.folder / "state"))


@pytest.fixture
def outcome(eventually):
    """Wait for the end of a started orchestration."""

    def wait(started):
        status = eventually(lambda: (s := status_of(started))["runtimeStatus"] in ENDED and s)
        return status["runtimeStatus"], status["output"]

    return wait


def begin(host, name, data):
    answer = host.http.post(f"/api/start/{name}", json=data)
    assert answer.status_code == 202, answer.text
    return answer.json()


def status_of(started):
    return httpx.get(started["statusQueryGetUri"], timeout=10).json()


def decide(started, decision):
    url = started["sendEventPostUri"].replace("{eventName}", "decision")
    assert httpx.post(url, json=decision).status_code == 202


@pytest.mark.parametrize(
    ("name", "data", "output"),
    [
        pytest.param("publish_text", "  to be ", "To be (the editors)", id="chaining"),
        pytest.param("count_words", ["a b", "c", "d e f"] * 20, {"pages": 60, "words": 120}, id="fan-out, fan-in"),
        pytest.param(
            "set_up_site", ["pump", "valve"], {"pump": "device 4 is ready", "valve": "device 5 is ready"},
            id="sub-orchestrations",
        ),
    ],
)  # fmt: skip
def test_a_pattern_that_needs_nobody_ends_with_its_output(host, outcome, name, data, output):
    assert outcome(begin(host, name, data)) == ("Completed", output)


def test_async_http_a_client_that_waits_gets_the_outcome_itself(host):
    answer = host.http.post("/api/run/publish_text", json="done")
    assert (answer.status_code, answer.text) == (200, "Done (the editors)")


@pytest.mark.parametrize(("decision", "output"), [(True, "approved"), (False, "refused")])
def test_human_interaction_a_decision_ends_the_wait(host, outcome, eventually, decision, output):
    started = begin(host, "ask_for_approval", {"to": "Ada", "within_seconds": 600})
    eventually(lambda: status_of(started)["customStatus"] == "waiting for Ada")
    decide(started, decision)
    assert outcome(started) == ("Completed", output)


def test_human_interaction_nobody_is_waited_for_for_ever(host, outcome):
    started = begin(host, "ask_for_approval", {"to": "Bob", "within_seconds": 0.2})
    assert outcome(started) == ("Completed", "escalated: no answer from Bob")


def test_aggregator_signals_and_calls_add_up(host, outcome):
    for _ in range(10):
        assert host.http.post("/api/counters/savings", json=7).status_code == 202
    order = {"from": "savings", "to": "spending", "amount": 50}
    assert outcome(begin(host, "transfer", order)) == ("Completed", {"moved": 50, "left": 20})
    assert outcome(begin(host, "transfer", order)) == ("Completed", {"moved": 0, "left": 20})


def test_monitor_sees_what_it_waits_for(host, outcome, eventually):
    watch = {"counter": "tank", "at_least": 5, "every_seconds": 0.05, "for_seconds": 600}
    started = begin(host, "watch_counter", watch)
    eventually(lambda: (status_of(started)["customStatus"] or {}).get("looks", 0) >= 2)
    host.http.post("/api/counters/tank", json=5)
    assert outcome(started) == ("Completed", {"reached": 5})


def test_monitor_gives_up_when_its_time_is_over(host, outcome):
    watch = {"counter": "empty", "at_least": 1, "every_seconds": 0.4, "for_seconds": 0.7}
    assert outcome(begin(host, "watch_counter", watch)) == ("Completed", {"gave_up_after_looks": 2})


def test_eternal_orchestration_goes_on_with_a_short_history_until_it_is_terminated(host, outcome, eventually):
    started = begin(host, "clean_up_regularly", {"round": 1, "every_seconds": 0.02})
    eventually(lambda: (status_of(started)["customStatus"] or {}).get("round", 0) >= 5)
    history = httpx.get(f"{started['statusQueryGetUri']}&showHistory=true").json()["historyEvents"]
    assert len(history) <= 5
    assert httpx.post(started["terminatePostUri"].replace("{text}", "enough")).status_code == 202
    assert outcome(started) == ("Terminated", "enough")
