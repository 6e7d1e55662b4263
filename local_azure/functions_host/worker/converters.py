"""Microsoft's converters, which come with the app's own azure-functions: imported late, the app decides from where."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def converter(binding_type: str) -> Any:
    """Look a converter up by binding type."""
    found = known_converter(binding_type)
    if found is None:
        raise TypeError(f"azure-functions has no converter for the binding type {binding_type}")
    return found


def known_converter(binding_type: str) -> Any:
    """Look a converter up by binding type; None if there is none."""
    from azure.functions.meta import get_binding_registry

    registry: Any = get_binding_registry
    return registry().get(binding_type)


@functools.cache
def datum_type() -> Any:
    """Return the type of what converters take and give: `azure.functions.meta.Datum`."""
    from azure.functions.meta import Datum

    return Datum
