"""kill -9 anywhere: what was begun is finished, what was accepted is kept."""

from collections.abc import Callable

import pytest

from devstack.arm import scm_url
from devstack.line_watch import line_in
from devstack.router_site import CHECKOUT, ROUTER_GROUP, SITE
from router_cli.packaging import pack_folder

pytestmark = pytest.mark.timeout(180)


def kill_router(product) -> None:
    product.kill_router_host()


def kill_everything(product) -> None:
    # The hosts of all sites read end of file from their parent and go with it.
    product.stack.azure.kill()
    product.revive_control_plane()


def release_the_router(product) -> None:
    """Not a crash, but the same demand: the router's own new release must not break its running operations."""
    site = product.stack.arm.get_site(ROUTER_GROUP, SITE)
    product.stack.arm.publish(scm_url(site, "http"), pack_folder(CHECKOUT))


CRASHES: list = [
    pytest.param(kill_router, id="router killed"),
    pytest.param(kill_everything, id="control plane killed"),
    pytest.param(release_the_router, id="router released"),
]


@pytest.mark.parametrize("crash", CRASHES)
def test_a_release_that_is_cut_off_goes_on_and_is_the_same_release(product, crash: Callable) -> None:
    product.put_release("1.0.0")
    before = product.await_release("1.0.0", "deploying")["operation"]["id"]
    crash(product)
    after = product.await_release("1.0.0")
    assert after["operation"]["id"] == before
    assert product.routes()["current"] == "1.0"
    line = line_in(product.routes(), "1.0")
    assert [name for name in product.sites() if name != "durable-router"] == [line["app"]["name"]]
    order = product.start("after")
    product.await_payment_step(order)
    product.pay(order)
    assert product.await_end(order)["output"]["parcel"]["by"] == "1.0.0"


@pytest.mark.parametrize("crash", CRASHES)
def test_a_drain_that_is_cut_off_goes_on_and_loses_nothing(product, crash: Callable) -> None:
    product.release("1.0.0")
    order = product.start("old")
    product.await_payment_step(order)
    product.release("1.1.0")
    product.pay(order)
    ended = product.await_end(order)
    product.await_line("1.0", "draining")
    crash(product)
    line = product.await_line("1.0", "retired", seconds=60)
    assert line["receipt"]["archived"] == 1
    assert product.await_end(order)["output"] == ended["output"]
    assert set(product.sites()) == {"durable-router", line_in(product.routes(), "1.1")["app"]["name"]}


def test_every_accepted_start_exists_although_the_router_dies_again_and_again(product) -> None:
    product.release("1.0.0")
    accepted = []
    for round_ in range(3):
        accepted += [product.start(f"{round_}-{number}") for number in range(5)]
        product.kill_router_host()
        product.await_line("1.0", "live")
    assert len(set(accepted)) == 15
    for order in accepted:
        product.await_payment_step(order)


def test_a_start_accepted_before_its_app_exists_is_delivered_once_although_the_router_dies(product) -> None:
    product.put_release("1.0.0")
    order = product.start("early", version="1.0")
    product.kill_router_host()
    product.await_release("1.0.0")
    product.await_payment_step(order)
    product.pay(order)
    assert product.await_end(order)["runtimeStatus"] == "Completed"
    listed = product.calls.look("client", "orders/instances")
    assert [instance["instanceId"] for instance in listed] == [order]
