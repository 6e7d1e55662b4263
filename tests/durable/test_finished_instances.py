"""However many instances have finished, the others cost the same: counted in steps of SQLite's machine."""

import asyncio

import pytest

from local_azure.functions_host.durable import commits, rows
from local_azure.functions_host.durable.queries import InstanceFilter, instance_page
from local_azure.functions_host.durable.records import InstanceState, Status
from local_azure.functions_host.durable.store import Store
from local_azure.functions_host.durable.turn import start_message

FEW, MANY = 200, 6_000
UNFINISHED = frozenset({Status.PENDING, Status.RUNNING, Status.SUSPENDED})


def moment(key):
    return f"2030-01-01T{key // 3600:02}:{key // 60 % 60:02}:{key % 60:02}.000000Z"


def an_instance(key, status=Status.COMPLETED):
    at = moment(key)
    return InstanceState(key, f"done-{key:06}", f"exec-{key}", "chain", None, status, "1", "4", None, at, at)


def page(**wanted):
    return lambda _count: instance_page(InstanceFilter(**wanted), after=0, top=50, with_input=True)


def recent(count):
    return instance_page(InstanceFilter(created_from=moment(count - 20)), after=0, top=50, with_input=True)


def a_start(count):
    state = an_instance(count + 1, Status.PENDING)
    return commits.start(state, start_message(state, iter([1])), replaces_any=False)


QUESTIONS = [
    pytest.param(page(), id="a page"),
    pytest.param(page(statuses=UNFINISHED), id="the unfinished ones"),
    pytest.param(page(statuses=UNFINISHED, id_prefix="done-"), id="the unfinished ones of a prefix"),
    pytest.param(page(id_prefix="done-00001"), id="a prefix"),
    pytest.param(recent, id="the recent ones"),
    pytest.param(lambda count: lambda c: rows.read_instance(c, f"done-{count // 2:06}"), id="one by its id"),
    pytest.param(a_start, id="a start"),
]


async def steps(store, unit):
    """Count the steps of a unit of work."""

    def counted(connection):
        count = 0

        def step():
            nonlocal count
            count += 1

        connection.set_progress_handler(step, 1)
        unit(connection)
        connection.set_progress_handler(None, 1)
        return count

    return await store.write(counted)


@pytest.fixture
async def stores(tmp_path):
    """Open a store with few finished instances and one with many."""
    opened = []
    for count in (FEW, MANY):
        store = await Store.open(tmp_path / str(count) / "durable.db")
        opened.append((count, store))
        await asyncio.gather(
            *(store.write(lambda c, k=key: rows.insert_instance(c, an_instance(k))) for key in range(1, count + 1))
        )
    yield opened
    for _, store in opened:
        await store.close()


@pytest.mark.parametrize("question", QUESTIONS)
async def test_finished_instances_make_nothing_longer(stores, question):
    few, many = [await steps(store, question(count)) for count, store in stores]
    assert few > 0
    assert many <= 1.2 * few
