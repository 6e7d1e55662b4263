"""Callers with equal keys go one at a time."""

import asyncio
import gc

from router_app.one_at_a_time import OneAtATime


async def test_equal_keys_wait_for_each_other_and_others_do_not():
    gate = OneAtATime()
    inside, most = {}, {}

    async def enter(key):
        async with gate.alone(key):
            inside[key] = inside.get(key, 0) + 1
            most[key] = max(most.get(key, 0), inside[key])
            most["all"] = max(most.get("all", 0), sum(inside.values()))
            await asyncio.sleep(0.001)
            inside[key] -= 1

    await asyncio.gather(*(enter(key) for key in "aab" * 5))
    assert (most["a"], most["b"], most["all"]) == (1, 1, 2)


async def test_a_failure_lets_the_next_one_in():
    gate = OneAtATime()
    for _ in range(2):
        try:
            async with gate.alone("a"):
                raise ValueError
        except ValueError:
            pass


async def test_keys_are_forgotten():
    gate = OneAtATime()
    for number in range(100):
        async with gate.alone(str(number)):
            pass
    gc.collect()
    assert len(gate._locks) == 0
