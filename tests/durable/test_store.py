"""The store: what is acknowledged is on disk, and nobody pays for a neighbour's mistake."""

import asyncio
import sqlite3

import pytest

from local_azure.functions_host.durable import queries, rows
from local_azure.functions_host.durable.queries import InstanceFilter
from local_azure.functions_host.durable.records import InstanceState, Status
from local_azure.functions_host.durable.store import Store, StoreError

NOW = "2030-01-01T00:00:00.000000Z"


def an_instance(key: int, status: Status = Status.COMPLETED) -> InstanceState:
    return InstanceState(key, f"i-{key}", "exec", "story", None, status, None, None, None, NOW, NOW)


@pytest.fixture
async def store(tmp_path):
    store = await Store.open(tmp_path / "durable.db")
    yield store
    await store.close()


def insert(key):
    return lambda connection: rows.insert_instance(connection, an_instance(key))


async def count(store):
    return await store.read(lambda connection: connection.execute("SELECT count(*) FROM instances").fetchone()[0])


async def test_writes_are_durable_by_their_pragmas(store):
    settings = await store.write(
        lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )
    assert settings == ["wal", 2]


async def test_a_unit_that_fails_takes_only_itself_along(store):
    def insert_twice(connection):
        insert(5)(connection)
        insert(1)(connection)

    futures = [store.write(insert(1)), store.write(insert_twice), store.write(insert(2))]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), sqlite3.IntegrityError, type(None)]
    assert await count(store) == 2


async def test_what_was_acknowledged_is_read_at_once(store):
    for key in range(1, 20):
        await store.write(insert(key))
        assert await count(store) == key


async def test_many_units_share_few_commits(store, tmp_path):
    commits = 0

    def count_commits(connection):
        def trace(statement):
            nonlocal commits
            commits += statement == "COMMIT"

        connection.set_trace_callback(trace)

    await store.write(count_commits)
    await asyncio.gather(*(store.write(insert(key)) for key in range(1, 501)))
    assert await count(store) == 500
    assert commits <= 50


async def test_closing_commits_what_is_queued_and_refuses_what_comes_later(tmp_path):
    store = await Store.open(tmp_path / "durable.db")
    queued = [store.write(insert(key)) for key in range(1, 101)]
    await store.close()
    await asyncio.gather(*queued)
    with pytest.raises(StoreError):
        await store.write(insert(101))
    again = await Store.open(tmp_path / "durable.db")
    assert await count(again) == 100
    assert next(again.keys) == 101
    await again.close()


async def test_a_full_disk_is_an_error_for_all_it_concerns_and_passes(store):
    await store.write(lambda connection: connection.execute("PRAGMA max_page_count = 60"))
    blob = "x" * 1_000_000
    with pytest.raises((StoreError, sqlite3.OperationalError)):
        await store.write(lambda c: c.execute("INSERT INTO inputs VALUES (1, ?)", (blob,)))
    await store.write(insert(1))
    assert await count(store) == 1


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        pytest.param(
            InstanceFilter(statuses=frozenset({Status.RUNNING, Status.PENDING})), "unfinished_instances", id="status"
        ),
        pytest.param(
            InstanceFilter(statuses=frozenset({Status.RUNNING}), id_prefix="1.4~", created_from=NOW),
            "unfinished_instances",
            id="status with a prefix and a time",
        ),
        pytest.param(InstanceFilter(id_prefix="1.4~"), "sqlite_autoindex_instances_1", id="prefix"),
    ],
)
async def test_finished_instances_cost_a_query_for_others_nothing(store, wanted, index):
    plans = []

    def explain(connection):
        class Explaining:
            def execute(self, sql, values):
                plans.extend(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))
                return connection.execute(sql, values)

        return queries.instance_page(wanted, after=0, top=10, with_input=True)(Explaining())

    await store.read(explain)
    assert index in plans[0], plans
