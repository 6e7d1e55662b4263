"""Timer triggers of a real app, on the real clock."""

import itertools
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

APP = """
import os, sys
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.timer_trigger(arg_name="timer", schedule="%EVERY%", run_on_startup=os.environ.get("AT_ONCE") == "1")
def tick(timer: func.TimerRequest) -> None:
    print("tick", "past due" if timer.past_due else "on time", timer.schedule_status.get("Next"))

@app.timer_trigger(arg_name="timer", schedule="soon")
def never(timer: func.TimerRequest) -> None:
    pass

@app.timer_trigger(arg_name="timer", schedule="* * * * * *", use_monitor=False)
async def flaky(timer: func.TimerRequest) -> None:
    print("flaky ran")
    if os.environ.get("DEADLY") == "1":
        os._exit(1)
    raise ValueError("flaky failed")
"""
DAILY = "0 0 0 1 1 *"


@pytest.fixture
def app(tmp_path, write_app):
    return write_app(tmp_path / "app", APP)


def test_a_timer_fires_on_its_schedule(hosts, app):
    host = hosts.start(app, EVERY="* * * * * *")
    host.wait_for_log("tick on time", times=3)
    # Two functions print at once, and `print` writes its line break by itself: so a line may go on with another's.
    due = re.findall(r"tick on time (\S+?\+00:00)", host.log)
    moments = [datetime.fromisoformat(text) for text in due]
    assert all(moment.microsecond == 0 for moment in moments)
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in itertools.pairwise(moments))


def test_a_timer_that_fails_fires_again(hosts, app):
    host = hosts.start(app, EVERY=DAILY)
    host.wait_for_log("flaky ran", times=2)
    host.wait_for_log("ValueError: flaky failed")


def test_a_timer_that_kills_its_worker_fires_again(hosts, app):
    host = hosts.start(app, EVERY=DAILY, DEADLY="1")
    host.wait_for_log("flaky ran", times=2)
    host.wait_for_log("Timer flaky has no outcome")


def test_a_schedule_that_cannot_be_read_costs_only_its_own_function(hosts, app):
    host = hosts.start(app, EVERY=DAILY)
    assert "never: NOT RUNNING, its schedule is not usable" in host.log
    status = host.http.get("/admin/host/status", headers=host.master).json()
    assert (status["state"], list(status["functionsNotRunning"])) == ("Running", ["never"])


def test_a_timer_may_run_at_startup(hosts, app):
    host = hosts.start(app, EVERY=DAILY, AT_ONCE="1")
    host.wait_for_log("tick on time")


def test_a_missed_occurrence_is_made_up_for_after_a_kill_once(hosts, app):
    first = hosts.start(app, EVERY=DAILY)
    first.wait_for_log("flaky ran")
    first.kill()
    path = first.state_dir / "timers.json"
    state = json.loads(path.read_text())
    state["tick"]["next"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    path.write_text(json.dumps(state))

    second = hosts.start(app, EVERY=DAILY)
    second.wait_for_log("tick past due")
    second.wait_for_log("flaky ran", times=2)
    second.kill()
    third = hosts.start(app, EVERY=DAILY)
    third.wait_for_log("flaky ran", times=2)
    assert "tick" not in third.log.split("Ready")[1]


def test_a_changed_schedule_is_not_past_due(hosts, app):
    first = hosts.start(app, EVERY="* * * * * *")
    first.wait_for_log("tick on time")
    first.kill()
    second = hosts.start(app, EVERY=DAILY)
    second.wait_for_log("flaky ran", times=2)
    assert "tick past due" not in second.log


def test_a_damaged_state_file_does_not_stop_the_timers(hosts, app):
    (app / ".local_azure").mkdir()
    (app / ".local_azure" / "timers.json").write_text('{"tick": {"next"')
    hosts.start(app, EVERY="* * * * * *").wait_for_log("tick on time")


def test_of_two_hosts_on_one_state_only_the_primary_fires(hosts, app):
    first = hosts.start(app, EVERY="* * * * * *")
    first.wait_for_log("tick on time")
    second = hosts.start(app, EVERY="* * * * * *")
    first.wait_for_log("tick on time", times=4)
    assert "tick on time" not in second.log
    first.kill()
    second.wait_for_log("tick")


def test_a_timer_can_be_run_by_hand(hosts, app):
    host = hosts.start(app, EVERY=DAILY)
    answer = host.http.post("/admin/functions/Tick", json={"input": ""}, headers=host.master)
    assert (answer.status_code, answer.content) == (202, b"")
    host.wait_for_log("tick on time None")
