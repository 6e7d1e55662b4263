"""The protocol with one step left out, each by its name: what the simulation must find out.

A mutation replaces parts of production modules from outside, for as long as it is applied; those steps that stand in
the shell are taken out of the model of the shell instead.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType

from simulation.mutations import delivering, deploying, draining, housekeeping, monitoring, routing
from simulation.mutations.patches import Mutation

MUTATIONS: Mapping[str, Mutation] = MappingProxyType(
    {
        **draining.STEPS,
        **monitoring.STEPS,
        **routing.STEPS,
        **delivering.STEPS,
        **deploying.STEPS,
        **housekeeping.STEPS,
    }
)


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Leave steps of the protocol out; without a name it is left whole."""
    with ExitStack() as stack:
        for name in names:
            for patch in MUTATIONS[name]():
                stack.enter_context(patch)
        yield
