"""forward_start: what ran in an app that is retired since is not run again in the next one."""

import pytest

from router_app.effects.context import EffectContext
from router_app.effects.starts import find_start, forward_start
from router_app.parts import Parts
from router_app.settings import read_settings

REQUESTED_AT = "2026-03-01T12:00:00Z"


class HubWithoutTable:
    """A hub in which no application is known: enough to see that the effect went on to look at the table."""

    async def read_table(self, _):
        return None


@pytest.fixture
def context(tmp_path):
    settings = {
        "ROUTER_ID": "main",
        "ROUTER_SUBSCRIPTION_ID": "s",
        "ROUTER_RESOURCE_GROUP": "g",
        "ROUTER_LOCATION": "westeurope",
        "ROUTER_STORE": tmp_path.as_uri(),
    }
    return EffectContext(Parts(read_settings(settings)), HubWithoutTable())


@pytest.mark.parametrize(
    ("created_at", "existed"),
    [
        pytest.param("2026-03-01T12:00:09Z", True, id="created for this start"),
        pytest.param("2026-03-01T11:59:57Z", True, id="created within the doubt about clocks"),
        pytest.param("2026-02-01T12:00:00Z", False, id="an earlier instance that had the same id"),
    ],
)
async def test_a_start_that_ran_in_a_retired_app_is_not_sent_to_the_next_one(context, created_at, existed):
    context.parts.archive.put("orders", "1.0~a", {"instanceId": "1.0~a", "createdTime": created_at})

    outcome = await forward_start(context, an_errand())

    if existed:
        assert outcome == {"ok": {"accepted": True, "existed": True}}
    else:
        assert outcome["retry"]["reason"].startswith("moved")


def an_errand():
    return {
        "application": "orders",
        "line": "1.0",
        "line_generation": 2,
        "app": {"name": "app-2", "host": "127.0.0.1:9"},
        "name": "process_order",
        "instance_id": "1.0~a",
        "input": "{}",
        "headers": {},
        "requested_at": REQUESTED_AT,
    }


async def test_a_start_that_is_in_no_app_and_not_in_the_archive_is_not_found(context):
    assert await find_start(context, an_errand()) == {"ok": {"found": False}}


async def test_a_start_that_ran_in_a_retired_app_is_found(context):
    context.parts.archive.put("orders", "1.0~a", {"instanceId": "1.0~a", "createdTime": REQUESTED_AT})

    assert await find_start(context, an_errand()) == {"ok": {"found": True}}
