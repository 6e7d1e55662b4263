"""Purges by filter in the archive: what matches goes, in bounded time."""

import time

import pytest

from router_app.http.call import Call
from router_app.http.instance_filters import read_filter
from router_app.http.purging import purge_archive
from router_app.parts import Parts
from router_app.problems import Problem
from router_app.settings import read_settings
from version_registry.model import Line, LineStatus

LINE = Line("1.0", LineStatus.RETIRED, generation=1)
CALL = Call(
    "DELETE", "https://r/api/orders/instances", {"application": "orders"}, {"runtimeStatus": "Failed"}, {}, b"", None
)


@pytest.fixture
def parts(tmp_path):
    env = {"ROUTER_ID": "main", "ROUTER_SUBSCRIPTION_ID": "s", "ROUTER_RESOURCE_GROUP": "g", "ROUTER_LOCATION": "l"}
    made = Parts(read_settings({**env, "ROUTER_STORE": tmp_path.as_uri()}))
    for number in range(450):
        status = "Failed" if number % 2 else "Completed"
        entry = {"instanceId": f"1.0~n{number}", "runtimeStatus": status, "createdTime": "2026-04-09T10:00:00Z"}
        made.archive.put("orders", f"1.0~n{number}", entry)
    made.archive.put("orders", "1.0~~own", {**entry, "instanceId": "own", "runtimeStatus": "Failed"})
    made.archive.put("orders", "1.1~n1", {**entry, "instanceId": "1.1~n1", "runtimeStatus": "Failed"})
    return made


async def test_what_matches_goes_page_by_page_and_the_rest_stays(parts):
    assert await purge_archive(parts, CALL, LINE, read_filter(CALL), time.monotonic() + 60) == 226
    assert parts.archive.get("orders", "1.0~n0")
    assert parts.archive.get("orders", "1.1~n1")
    assert not parts.archive.get("orders", "1.0~n449")
    assert not parts.archive.get("orders", "1.0~~own")


async def test_a_purge_that_has_no_time_left_says_so(parts):
    with pytest.raises(Problem, match="unavailable"):
        await purge_archive(parts, CALL, LINE, read_filter(CALL), time.monotonic() - 1)
    assert parts.archive.get("orders", "1.0~n1")
