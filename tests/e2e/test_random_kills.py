"""Six kill -9s at random moments, of the router or of a version app, while a line lives its whole life."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from devstack.line_watch import line_in
from devstack.router_calls import StoryError

pytestmark = pytest.mark.timeout(240)

KILLS = 6
ORDERS = 6
PATIENCE_SECONDS = 60.0


def insist(step: Callable[..., Any], *arguments: Any) -> Any:
    """Repeat a call until it is answered, as a client does whose router may just have been killed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return step(*arguments)
        except StoryError as problem:
            # The first try was accepted, and only its answer was lost: a start …
            if "problem:instance-exists" in str(problem):
                return f"1.0~{arguments[0]}"
            # … or a payment, with which the order has ended.
            if "problem:gone" in str(problem):
                return None
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@contextmanager
def random_kills(product, seed: int) -> Iterator[list[str]]:
    """Kill in the background; give the list of what has been killed so far."""
    chance, killed, over = random.Random(seed), [], threading.Event()

    def kill() -> None:
        while len(killed) < KILLS and not over.wait(chance.uniform(0.5, 4)):
            name, site = chance.choice(sorted(product.sites().items()))
            if site["pid"]:
                os.kill(int(site["pid"]), signal.SIGKILL)
                killed.append(name)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


@pytest.mark.parametrize("seed", [1, 2])
def test_every_accepted_order_is_shipped_and_the_old_line_still_retires(product, seed: int) -> None:
    product.put_release("1.0.0")
    with random_kills(product, seed) as killed:
        insist(product.await_release, "1.0.0")
        accepted = [insist(product.start, f"order-{number}") for number in range(ORDERS)]
        insist(product.put_release, "1.1.0")
        insist(product.await_release, "1.1.0")
        for order in accepted:
            insist(product.await_payment_step, order)
            insist(product.pay, order)
        ended = {order: insist(product.await_end, order) for order in accepted}
        line = product.await_line("1.0", "retired", seconds=150)
    print(f"killed: {killed}")
    assert accepted == [f"1.0~order-{number}" for number in range(ORDERS)]
    assert {state["runtimeStatus"] for state in ended.values()} == {"Completed"}
    assert line["receipt"]["archived"] == ORDERS
    for order in accepted:
        assert insist(product.await_end, order)["output"] == ended[order]["output"]
    assert line_in(product.routes(), "1.1")["status"] == "live"
