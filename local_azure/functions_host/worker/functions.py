"""What the worker knows of a function: its bindings, and how to call it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .channel import Frame
    from .conversion import Answer

CONTEXT_PARAMETER = "context"
RETURN_BINDING = "$return"


class AppError(Exception):
    """The app cannot be served; the message is for its author."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


@dataclass(frozen=True)
class Binding:
    """One binding of a function, as far as an invocation needs it."""

    name: str
    type: str
    direction: str

    @property
    def is_output(self) -> bool:
        """Tell whether the function writes it."""
        return self.direction.upper() == "OUT"

    @property
    def is_trigger(self) -> bool:
        """Tell whether it starts the function."""
        return self.type.lower().endswith("trigger")


def called_elsewhere(**_arguments: Any) -> Any:
    """Stand in for a user function that only a library knows."""
    raise LookupError("this function is not called by the worker itself")


@dataclass(frozen=True)
class LoadedFunction:
    """A user function with everything an invocation needs, looked up once."""

    name: str
    trigger: Binding
    inputs: tuple[Binding, ...]
    outputs: tuple[Binding, ...]
    returns: Binding | None
    raw_bindings: tuple[str, ...]
    call: Callable[..., Any] = called_elsewhere
    is_async: bool = False
    takes_context: bool = False
    run: Callable[[Frame], Awaitable[Answer]] | None = None
    """Runs an invocation in place of this worker's own code."""

    @property
    def parameters(self) -> dict[str, Binding]:
        """Return the bindings by the parameter that each is for."""
        return {binding.name: binding for binding in (self.trigger, *self.inputs, *self.outputs)}


def describe_function(name: str, raw_bindings: tuple[str, ...]) -> LoadedFunction:
    """Sort a function's bindings."""
    bindings = [Binding(b["name"], b["type"], b["direction"]) for b in map(json.loads, raw_bindings)]
    return LoadedFunction(
        name=name,
        trigger=next(b for b in bindings if b.is_trigger),
        inputs=tuple(b for b in bindings if not b.is_output and not b.is_trigger),
        outputs=tuple(b for b in bindings if b.is_output and b.name != RETURN_BINDING),
        returns=next((b for b in bindings if b.name == RETURN_BINDING), None),
        raw_bindings=raw_bindings,
    )
