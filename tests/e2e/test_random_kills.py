"""Fifty kill -9s in one life of the product, at random moments and of everything that it is made of.

Meanwhile a pipeline releases patches and new lines, old lines drain and retire, and clients start trips with ids and
with keys, on the current line and on named ones: live, released on demand, and retired. Afterwards every accepted
start is accounted for, only unneeded apps are gone, and nothing is left behind.
"""

import os
import random
import time
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
        story.put(f"2.{minor}.0", deploy="on-demand")
        guide.set_out(f"2.{minor}")
        story.release(f"1.{minor}.0")
        story.put(f"1.{minor}.1")
        guide.set_out(await_retired(story, killer))


def await_retired(story: TripStory, killer: Killer) -> str:
    """Wait until some line is retired; once the attack is over, for nothing."""
    while True:
        retired = [line["name"] for line in story.routes()["lines"] if line["status"] == "retired"]
        if retired or killer.is_over:
            return retired[-1] if retired else ""
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
        check_trips(story, [guide, *travellers])
        check_rest(stack, story)
        print(f"killed: {dict(killer.killed)}")
        assert killer.killed.total() == KILLS
        for each in (story.calls, *calls):
            each.close()
    assert not processes_of(state), "the stack has ended, and so has every process it started"


def check_trips(story: TripStory, travellers: list[Traveller]) -> None:
    """Each start is in an app or in the archive, with what it was started for; executed once, and on no other line."""
    accepted = [trip for traveller in travellers for trip in traveller.trips]
    asker = travellers[0].calls
    doubtful = [doubt for traveller in travellers for doubt in traveller.doubtful]
    # Nobody promised these: their answers were lost. But what was started all the same is held to the same.
    found = [trip for nonce, waits in doubtful for trip in asker.find(nonce, waits, story.lines)]
    trips = {trip.id: trip for trip in (*accepted, *found)}
    assert len(trips) == len(accepted) + len(found), "no id was given out twice"
    ended = {trip.id: asker.see_through(trip)["output"] for trip in trips.values()}
    lines = story.wait(story.routes, is_at_rest, "every superseded line retired")["lines"]

    runs = executions(story.notes)
    for trip in trips.values():
        status = asker.look(trip)
        output = status["output"]
        assert (status["runtimeStatus"], output) == ("Completed", ended[trip.id]), trip
        assert output["parcel"] == f"parcel of {trip.nonce}"
        assert output["from"].startswith(f"{trip.line}.")
        assert runs[trip.id] == {output["run"]}, f"{trip} was executed more than once"
    assert runs.keys() == trips.keys(), "nothing was executed that nobody asked for"
    apps = sum(line["generation"] for line in lines)
    print(f"{len(accepted)} accepted starts, {len(found)} of lost answers, {len(lines)} lines, {apps} apps")


def check_rest(stack: Stack, story: TripStory) -> None:
    """Only unneeded apps are gone, and all of them; nothing still works on anything but the one monitor."""
    table = table_of(stack)
    assert find_violations(table) == ()
    current = story.line(str(table.current))
    assert {site["name"] for site in stack.arm.list_running_sites()} == {SITE, current["app"]["name"]}
    assert unfinished_operations(stack) == ["monitor~trips"]
    receipts = [line["receipt"] for line in story.routes()["lines"] if line["name"] != table.current]
    assert {count["unfinished"] for receipt in receipts for count in receipt["counts"]} == {0}
    assert strays(stack.azure.pid, processes_of(stack.state_dir)) == []
