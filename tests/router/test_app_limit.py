"""A release that would need one version app too many is refused before it is accepted."""

from dataclasses import dataclass, replace

import pytest
from router_driver import RouterDriver, problem_of
from version_package import zip_version

from devstack.control_plane import free_port
from devstack.pace import BRISK, Pace
from devstack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class OneApp(Pace):
    """A pace, with one version app at most."""

    def settings(self):
        return {**super().settings(), "ROUTER_MAX_APPS": "1"}


@pytest.fixture(scope="module")
def open_router(tmp_path_factory):
    pace = OneApp(**{name: getattr(BRISK, name) for name in BRISK.__dataclass_fields__})
    with Stack(tmp_path_factory.mktemp("one-app"), port=free_port(), pace=replace(pace), tell=lambda _: None) as stack:
        keys = {"client": stack.keys.client, "release": stack.keys.release, "admin": stack.keys.admin}
        yield lambda application: RouterDriver(stack.url, keys, application)


def test_a_release_beyond_the_limit_is_refused_and_leaves_nothing(open_router):
    orders, billing = open_router("orders"), open_router("billing")
    orders.deploy("1.0.0", zip_version("1.0.0"))
    before = orders.generation()

    for router, version in ((orders, "1.1.0"), (billing, "1.0.0")):
        response = router.release(version, zip_version(version))

        assert (response.status_code, problem_of(response)) == (409, "app-limit")
        body = response.json()
        assert body["limit"] == 1
        assert body["places"] == [{"application": "orders", "line": "1.0", "status": "live", "blocked_by": "current"}]
        assert "orders 1.0 (current)" in body["detail"]
    assert orders.generation() == before
    assert billing.generation() == -1

    # What needs no app of its own is still taken: a patch, and a release that waits for its first start.
    orders.deploy("1.0.1", zip_version("1.0.1"))
    assert orders.release("1.1.0", zip_version("1.1.0"), params={"deploy": "on-demand"}).status_code == 201
