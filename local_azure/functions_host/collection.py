"""Keeps the garbage collector from looking again and again at what stays for as long as the host serves."""

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""A request leaves hundreds of objects and hardly a cycle: with the usual 700 every other one would pay for a look."""


def settle_collection() -> None:
    """Set what has been loaded apart, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
