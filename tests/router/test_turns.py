"""Turns of calls to one app: how many are in, how many wait, and who is refused at once."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from provisioning import VersionAppError
from router_app.turns import Turns, WaitingRoom

FOREVER = timedelta(hours=1)


class Calls:
    """Calls that stay in until they are let go."""

    def __init__(self, turns):
        self.turns, self.inside, self.tasks, self.gate = turns, 0, [], asyncio.Event()

    async def one(self):
        async with self.turns.turn():
            self.inside += 1
            try:
                await self.gate.wait()
            finally:
                self.inside -= 1

    async def begin(self, number):
        made = [asyncio.create_task(self.one()) for _ in range(number)]
        self.tasks += made
        # All of them run until they are in, wait, or are refused.
        for _ in range(5):
            await asyncio.sleep(0)
        return made

    async def end(self):
        self.gate.set()
        return await asyncio.gather(*self.tasks, return_exceptions=True)


def refused(tasks):
    found = [task.exception() for task in tasks if task.done() and not task.cancelled()]
    assert all(isinstance(error, VersionAppError) and error.code == "busy" for error in found), found
    return len(found)


async def test_so_many_are_in_so_many_wait_and_the_rest_is_refused_at_once():
    calls = Calls(Turns(3, WaitingRoom(100), FOREVER))
    tasks = await calls.begin(10)
    assert (calls.inside, refused(tasks)) == (3, 4)
    results = await calls.end()
    assert sum(result is None for result in results) == 6


async def test_the_room_is_shared_but_one_app_does_not_fill_it_alone():
    room = WaitingRoom(3)
    hanging, other = Calls(Turns(2, room, FOREVER)), Calls(Turns(2, room, FOREVER))
    assert refused(await hanging.begin(10)) == 6
    assert refused(await other.begin(4)) == 1
    assert (hanging.inside, other.inside) == (2, 2)
    await hanging.end()
    await other.end()


async def test_a_full_room_does_not_keep_those_out_who_need_not_wait():
    room = WaitingRoom(1)
    hanging, other = Calls(Turns(1, room, FOREVER)), Calls(Turns(1, room, FOREVER))
    await hanging.begin(5)
    assert refused(await other.begin(1)) == 0
    assert other.inside == 1
    await hanging.end()
    await other.end()


async def test_who_waits_too_long_is_refused_and_leaves_the_place():
    calls = Calls(Turns(1, room := WaitingRoom(1), timedelta(seconds=0.05)))
    _, waiting = await calls.begin(2)
    with pytest.raises(VersionAppError) as caught:
        await waiting
    assert caught.value.code == "busy"
    with room.place():
        pass
    await calls.end()


async def test_who_waits_gets_in_when_a_turn_is_free_first_come_first_served():
    turns, order, gate = Turns(1, WaitingRoom(9), FOREVER), [], asyncio.Event()

    async def one(name):
        async with turns.turn():
            order.append(name)
            await gate.wait()

    tasks = [asyncio.create_task(one(name)) for name in "ab"]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    assert order == ["a", "b"]


async def test_callers_who_give_up_take_nothing_with_them():
    calls = Calls(Turns(2, room := WaitingRoom(5), FOREVER))
    tasks = await calls.begin(4)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    calls.tasks.clear()
    await calls.begin(4)
    assert calls.inside == 2
    assert room._free == 3
    await calls.end()
    assert room._free == 5
