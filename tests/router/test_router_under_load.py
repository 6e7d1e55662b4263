"""An app that hangs under more calls than it takes: few wait, the rest is refused at once, others notice nothing."""

import os
import signal
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from router_driver import problem_of
from stack_with import driver_of, stack_with
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

AT_ONCE = 6
CALLS = 40
SLOW = """
@app.route(route="slow", methods=["GET"])
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    import asyncio
    await asyncio.sleep(3)
    return func.HttpResponse("late")
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    limits = {
        "ROUTER_MAX_CALLS_PER_APP": str(AT_ONCE),
        "ROUTER_MAX_WAITING_CALLS": str(4 * AT_ONCE),
        "ROUTER_TURN_PATIENCE_SECONDS": "1",
        "ROUTER_FORWARD_DEADLINE_SECONDS": "5",
    }
    with stack_with(tmp_path_factory.mktemp("loaded"), **limits) as running:
        yield running


@pytest.fixture(scope="module")
def slow(stack):
    router = driver_of(stack, "slow")
    router.deploy("1.0.0", zip_version("1.0.0", more=SLOW))
    yield router
    router.close()


@pytest.fixture(scope="module")
def healthy(stack):
    router = driver_of(stack, "healthy")
    router.deploy("1.0.0", zip_version("1.0.0"))
    yield router
    router.close()


def hosts_of(stack, application):
    """The host processes of the application's version apps."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
    found = [line.split(None, 1) for line in listed.stdout.splitlines()]
    return [
        int(pid) for pid, command in found if str(stack.state_dir) in command and f"/sites/{application}-" in command
    ]


@contextmanager
def standing_still(pids):
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def timed(ask):
    began = time.monotonic()
    response = ask()
    return response, time.monotonic() - began


def many(pool, ask, times=CALLS):
    return [pool.submit(timed, ask) for _ in range(times)]


def median_of(router, times=20):
    found = [timed(lambda: router.start("echo", {"n": 1})) for _ in range(times)]
    assert {response.status_code for response, _ in found} == {202}, [response.text for response, _ in found]
    return statistics.median(seconds for _, seconds in found)


def check_refusals(answers):
    refused = [(response, seconds) for response, seconds in answers if response.status_code == 429]
    for response, _ in refused:
        assert problem_of(response) == "too-many-calls"
        assert int(response.headers["Retry-After"]) > 0
    return refused


def test_more_calls_than_an_app_takes_are_refused_at_once_and_the_others_served(slow, healthy):
    alone = median_of(healthy)
    with ThreadPoolExecutor(CALLS) as pool:
        calls = many(pool, lambda: slow.call("client", "GET", "/v/1.0/http/slow"))
        beside = median_of(healthy)
        answers = [call.result() for call in calls]
    refused = check_refusals(answers)
    served = [response for response, _ in answers if response.status_code == 200]
    # Those who wait are refused too, later: their turn comes in three seconds only.
    assert (len(served), len(refused)) == (AT_ONCE, CALLS - AT_ONCE)
    print(f"median start: {alone * 1000:.0f} ms alone, {beside * 1000:.0f} ms beside a slow app")


def test_an_app_that_hangs_costs_its_callers_a_bounded_time_and_others_nothing(stack, slow, healthy):
    with standing_still(hosts_of(stack, "slow")), ThreadPoolExecutor(CALLS) as pool:
        calls = many(pool, lambda: slow.start("echo", {"n": 1}))
        beside = median_of(healthy)
        answers = [call.result() for call in calls]
    statuses = [response.status_code for response, _ in answers]
    refused = check_refusals(answers)
    assert set(statuses) == {429, 504}, statuses
    assert statuses.count(504) <= 2 * AT_ONCE
    assert len(refused) >= CALLS - 2 * AT_ONCE
    print(f"median start: {beside * 1000:.0f} ms beside an app that hangs")
    # It is let go, and takes calls again: no turn was lost.
    for _ in range(2 * AT_ONCE):
        slow.finished(slow.start("echo", {"n": 2}).json()["id"])


def test_statuses_of_an_app_that_hangs_are_refused_alike(stack, slow, healthy):
    instance = slow.start("echo", {"n": 1}).json()["id"]
    slow.finished(instance)
    with standing_still(hosts_of(stack, "slow")), ThreadPoolExecutor(CALLS) as pool:
        calls = many(pool, lambda: slow.status(instance))
        median_of(healthy)
        answers = [call.result() for call in calls]
    check_refusals(answers)
    assert {response.status_code for response, _ in answers} == {429, 504}
    assert slow.status(instance).status_code == 200
