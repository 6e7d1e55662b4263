"""Pages of the archive: what is in them, and what is not believed."""

import pytest

from provisioning import PermanentError
from router_app.http.call import Call
from router_app.http.instance_filters import InstanceFilter
from router_app.http.line_pages import Wanted, read_archive_page
from router_app.parts import Parts
from router_app.problems import Problem
from router_app.settings import read_settings
from version_registry.model import Line, LineStatus

LINE = Line("1.0", LineStatus.RETIRED, generation=1)
CALL = Call("GET", "https://r/api/orders/instances", {"application": "orders"}, {}, {}, b"", None)
EVERYTHING = Wanted(InstanceFilter(), top=2)


@pytest.fixture
def parts(tmp_path):
    env = {"ROUTER_ID": "main", "ROUTER_SUBSCRIPTION_ID": "s", "ROUTER_RESOURCE_GROUP": "g", "ROUTER_LOCATION": "l"}
    made = Parts(read_settings({**env, "ROUTER_STORE": tmp_path.as_uri()}))
    for name, instance_id in (("1.0~a", "1.0~a"), ("1.0~b", "1.0~b"), ("1.0~~own", "own"), ("1.1~a", "1.1~a")):
        made.archive.put("orders", name, {"instanceId": instance_id, "runtimeStatus": "Completed", "input": 1})
    return made


async def test_a_line_has_its_own_instances_and_no_other_lines(parts):
    first = await read_archive_page(parts, CALL, LINE, EVERYTHING, None)
    second = await read_archive_page(parts, CALL, LINE, EVERYTHING, first.token)
    assert [entry["instanceId"] for entry in (*first.entries, *second.entries)] == ["1.0~a", "1.0~b", "own"]
    assert {entry["input"] for entry in first.entries} == {None}
    assert second.token is None


async def test_a_token_that_the_store_refuses_is_the_callers_mistake(parts, monkeypatch):
    def refuse(*_, **__):
        raise PermanentError("marker", "bad_request")

    monkeypatch.setattr(parts.archive, "list_page", refuse)
    with pytest.raises(Problem, match="invalid-parameter"):
        await read_archive_page(parts, CALL, LINE, EVERYTHING, "tampered")
    with pytest.raises(PermanentError):
        await read_archive_page(parts, CALL, LINE, EVERYTHING, None)
