"""Fifty kill -9s in one life of the product, at random moments and of everything that it is made of.

Meanwhile a pipeline releases patches and new lines, old lines drain and retire, and clients start trips with ids and
with keys, on the current line and on named ones: live, released on demand, and retired. Afterwards every accepted
start is accounted for, only unneeded apps are gone, and nothing is left behind.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from killing import Killer
from processes import processes_of, strays
from trip_clients import Traveller, TripCalls
from trip_story import TripStory
from trips_app import executions

from devstack.control_plane import free_port
from devstack.pace import BRISK
from devstack.router_site import ROUTER_GROUP, SITE
from devstack.stack import Stack
from version_registry.codec import decode_table
from version_registry.invariants import find_violations
from version_registry.model import RoutingTable

pytestmark = pytest.mark.timeout(600)

SEED = int(os.environ.get("KILL_SEED", "1"))
KILLS = int(os.environ.get("KILLS", "50"))
NAMES = ("guide", "ann", "bob", "cy", "dee", "eve")
# The router is away much of the time: what gives up after a deadline gets a longer one.
PACE = replace(BRISK, gate_deadline=600, start_deadline=600)


@contextmanager
def under_load(travellers: list[Traveller], killer: Killer) -> Iterator[None]:
    threads = [traveller.thread(lambda: killer.is_over) for traveller in travellers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def live_the_life(story: TripStory, guide: Traveller, killer: Killer) -> None:
    """Release patches and new lines, register lines for their first start, and wake retired ones, until it is over."""
    minor = 0
    while not killer.is_over:
        minor += 1
        story.release(f"1.{minor}.0")
        story.put(f"2.{minor}.0", deploy="on-demand")
        guide.set_out(f"2.{minor}")
        story.release(f"1.{minor}.1")
        guide.set_out(await_retired(story, killer))


def await_retired(story: TripStory, killer: Killer) -> str:
    """Wait until some line is retired; at the end of the attack, until nothing."""
    while True:
        retired = [line["name"] for line in story.routes()["lines"] if line["status"] == "retired"]
        if retired or killer.is_over:
            return retired[0] if retired else ""
        time.sleep(0.2)


def ask_hub(stack: Stack, path: str, **params: str):
    """Ask the router's own host."""
    key = {"x-functions-key": stack.arm.master_key(ROUTER_GROUP, SITE)}
    answer = httpx.get(f"{stack.url}/runtime/webhooks/durabletask{path}", params=params, headers=key, timeout=15)
    assert answer.status_code == 200, answer.text
    return answer.json()


def table_of(stack: Stack) -> RoutingTable:
    return decode_table(ask_hub(stack, "/entities/routing_table/trips"))


def unfinished_operations(stack: Stack) -> list[str]:
    alive = ask_hub(stack, "/instances", runtimeStatus="Running,Pending,Suspended,ContinuedAsNew", top="1000")
    return [one["instanceId"] for one in alive if not one["instanceId"].startswith("@")]


def is_at_rest(routes) -> bool:
    """Whether all that is not needed any more is gone: nobody works on a line, and only the current one is left."""
    return all(
        line["status"] == ("live" if line["current"] else "retired") and line["operation"] is None
        for line in routes["lines"]
    )


def test_fifty_kills_lose_no_accepted_start_and_no_needed_app(tmp_path: Path) -> None:
    print(f"seed {SEED}: KILL_SEED={SEED} KILLS={KILLS} repeats the order of the kills")
    state = tmp_path / "state"
    with Stack(state, port=free_port(), pace=PACE, tell=print) as stack:
        story = TripStory(stack.url, stack.keys.admin, tmp_path / "packages")
        calls = [TripCalls(stack.url, stack.keys.client) for _ in NAMES]
        story.release("1.0.0")
        story.set_policy(trial_period=0)
        guide, *travellers = [
            Traveller(name, each, random.Random(f"{SEED} {name}"), story.lines)
            for name, each in zip(NAMES, calls, strict=True)
        ]
        killer = Killer(stack, SEED, KILLS)
        with killer.at_large(), under_load(travellers, killer):
            live_the_life(story, guide, killer)
        failures = [one.failure for one in (killer, *travellers) if one.failure]
        assert not failures, failures
        check_promises(stack, story, [guide, *travellers])
        print(f"killed: {dict(killer.killed)}")
        assert killer.killed.total() == KILLS
        for each in (story.calls, *calls):
            each.close()
    assert not processes_of(state), "the stack has ended, and so has every process it started"


def check_promises(stack: Stack, story: TripStory, travellers: list[Traveller]) -> None:
    trips = {trip.id: trip for traveller in travellers for trip in traveller.trips}
    assert len(trips) == sum(len(traveller.trips) for traveller in travellers), "no id was given out twice"
    asker = travellers[0].calls
    ended = {trip.id: asker.see_through(trip) for trip in trips.values()}
    routes = story.wait(story.routes, is_at_rest, "every superseded line retired")
    generations = sum(line["generation"] for line in routes["lines"])
    kinds = Counter("key" if trip.key else "id" for trip in trips.values())
    print(f"{len(trips)} accepted starts {dict(kinds)} on {len(routes['lines'])} lines, which had {generations} apps")

    # Each in an app or in the archive, with what it was started for; each executed once, and on no other line.
    runs = executions(story.notes)
    for trip in trips.values():
        status = asker.look(trip)
        assert status["runtimeStatus"] == "Completed", (trip, status)
        assert status["output"] == ended[trip.id]["output"]
        assert status["output"]["parcel"] == f"parcel of {trip.nonce}"
        assert status["output"]["from"].startswith(f"{trip.line}.")
        assert runs[trip.id] == {status["output"]["run"]}, f"{trip} was executed more than once: {runs[trip.id]}"
    keyed = {trip.id for trip in trips.values() if trip.key}
    for trip_id in runs.keys() - trips.keys():
        # Started without its client being told: an id whose answer was lost. A key's repeat always tells.
        assert not any(trip_id.endswith(f"~{trip.key}") for trip in trips.values()), (trip_id, keyed)

    # Only unneeded apps are gone, and all of them; nothing still works on anything but the one monitor.
    table = table_of(stack)
    assert find_violations(table) == ()
    current = story.line(str(table.current))
    sites = {site["name"]: site for site in stack.arm.list_running_sites()}
    assert set(sites) == {SITE, current["app"]["name"]}
    assert unfinished_operations(stack) == ["monitor~trips"]
    for line in story.routes()["lines"]:
        if line["receipt"]:
            assert {count["unfinished"] for count in line["receipt"]["counts"]} == {0}
    running = processes_of(stack.state_dir)
    assert strays(stack.azure.pid, running) == []
