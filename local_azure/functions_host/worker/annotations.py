"""Refuses functions whose annotations contradict their bindings, because Azure's worker does not load them either."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

from .converters import known_converter
from .functions import AppError, LoadedFunction

RAW_TYPES = (str, bytes)
"""A parameter of these types gets what its binding holds, whatever that is."""


def check_annotations(described: LoadedFunction, function: Callable[..., Any]) -> None:
    """Check what a function says that it takes and gives back."""
    hints = annotations_of(described.name, function)
    for binding in (described.trigger, *described.inputs):
        if binding.name in hints and not may_take(binding.type, hints[binding.name]):
            raise AppError(contradiction(described.name, binding.name, hints[binding.name], binding.type))
    if described.returns is not None and "return" in hints and not may_give(described.returns.type, hints["return"]):
        raise AppError(contradiction(described.name, "return", hints["return"], described.returns.type))


def annotations_of(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    """Evaluate the annotations of a function."""
    try:
        return typing.get_type_hints(function)
    except Exception as error:  # Boundary: an annotation is an expression of user code
        raise AppError(f"function {name}: its annotations cannot be evaluated: {error!r}") from error


def may_take(binding_type: str, hint: Any) -> bool:
    """Tell whether a parameter of that annotation may have the binding."""
    converter = known_converter(binding_type)
    if converter is None or hint in RAW_TYPES or not isinstance(hint, type) or typing.get_origin(hint):
        return True  # what Azure says to unions and generics differs between its workers
    return bool(converter.check_input_type_annotation(hint))


def may_give(binding_type: str, hint: Any) -> bool:
    """Tell whether a function that returns this may have the binding; only a plain class ever may."""
    converter = known_converter(binding_type)
    if converter is None:
        return True
    return isinstance(hint, type) and bool(converter.check_output_type_annotation(hint))


def contradiction(name: str, parameter: str, hint: Any, binding_type: str) -> str:
    """Say what does not fit."""
    shown = hint.__name__ if isinstance(hint, type) else str(hint)
    return f"function {name}: the annotation of {parameter}, {shown}, does not fit the binding type {binding_type}"
