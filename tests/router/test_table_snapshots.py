"""Snapshots: never older than TABLE_TTL, counted from before the read began."""

import asyncio
from datetime import timedelta

import pytest

from router_app.snapshot import CAPACITY, StaleSnapshotError, TableSnapshots
from version_registry.model import RoutingTable


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Source:
    """An entity that takes its time; every read gives the next generation."""

    def __init__(self, clock, takes=0.0):
        self.clock, self.takes, self.reads = clock, takes, 0
        self.gate, self.begun = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def __call__(self, application):
        self.reads += 1
        self.begun.set()
        generation = self.reads
        await self.gate.wait()
        self.clock.now += self.takes
        return RoutingTable(application, generation)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tables(clock):
    return TableSnapshots(timedelta(seconds=5), clock)


async def test_a_snapshot_is_used_until_it_is_too_old(tables, clock):
    source = Source(clock)
    assert (await tables.table("orders", source)).generation == 1
    clock.now += 5
    assert (await tables.table("orders", source)).generation == 1
    clock.now += 0.01
    assert (await tables.table("orders", source)).generation == 2


async def test_the_age_counts_from_before_the_read(tables, clock):
    source = Source(clock, takes=4)
    await tables.table("orders", source)
    clock.now += 2
    assert (await tables.table("orders", source)).generation == 2


async def test_a_table_that_cannot_be_read_in_time_is_refused(tables, clock):
    with pytest.raises(StaleSnapshotError):
        await tables.table("orders", Source(clock, takes=6))


async def test_callers_at_once_share_one_read(tables, clock):
    source = Source(clock)
    source.gate.clear()
    asked = [asyncio.create_task(tables.table("orders", source)) for _ in range(20)]
    await asyncio.sleep(0)
    source.gate.set()
    assert {table.generation for table in await asyncio.gather(*asked)} == {1}
    assert source.reads == 1


async def test_a_caller_that_gives_up_does_not_fail_the_others(tables, clock):
    source = Source(clock)
    source.gate.clear()
    first = asyncio.create_task(tables.table("orders", source))
    second = asyncio.create_task(tables.table("orders", source))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.gate.set()
    assert (await second).generation == 1


async def test_a_read_begun_before_a_change_does_not_outlive_it(tables, clock):
    source = Source(clock)
    source.gate.clear()
    before = asyncio.create_task(tables.table("orders", source))
    await source.begun.wait()
    clock.now += 1
    tables.forget("orders")
    source.gate.set()
    await before
    assert (await tables.table("orders", source)).generation == 2


async def test_a_failed_read_is_not_remembered(tables, clock):
    async def fail(application):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await tables.table("orders", fail)
    assert (await tables.table("orders", Source(clock))).generation == 1


async def test_unknown_applications_are_remembered_but_not_without_bound(tables):
    async def nothing(application):
        return None

    for number in range(CAPACITY + 10):
        assert await tables.table(f"a{number}", nothing) is None
    assert len(tables._known) == CAPACITY
