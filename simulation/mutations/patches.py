"""What a mutation is made of."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from version_registry.sagas import Sleep
from version_registry.stages import Stage, go_to

Patch = AbstractContextManager[Any]
Mutation = Callable[[], list[Patch]]
"""Gives the patches that leave a step out, made from what is in place when it is called."""


def skip_to(step: str, **fields: Any) -> Stage:
    """Make a stage that does nothing and goes on with another one."""
    return Stage(lambda *_: Sleep(0.0), lambda state, *_: go_to(state, step, **fields))
