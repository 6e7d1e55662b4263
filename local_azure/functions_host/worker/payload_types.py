"""Lets the SDK make a type once that it otherwise makes anew for every orchestrator turn.

The 1.x SDK calls `namedtuple` for a type of two fields in the constructor of its executor: a tenth of a worker's time.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

SDK_MODULE = "azure.durable_functions.models.TaskOrchestrationExecutor"


def keep_payload_types() -> bool:
    """Give the loaded SDK a `namedtuple` that remembers; tell whether there was one to give it to."""
    module: Any = sys.modules.get(SDK_MODULE)
    original = getattr(module, "namedtuple", None)
    if original is None:
        return False
    module.namedtuple = functools.cache(original)
    return True
