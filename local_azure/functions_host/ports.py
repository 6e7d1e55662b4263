"""What the parts of the host say to each other: the app as loaded, and how one of its functions is invoked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class FunctionKind(StrEnum):
    """What triggers a function; UNSERVED marks triggers that this host does not run (queues, blobs, …)."""

    HTTP = "httpTrigger"
    TIMER = "timerTrigger"
    ORCHESTRATOR = "orchestrationTrigger"
    ACTIVITY = "activityTrigger"
    ENTITY = "entityTrigger"
    UNSERVED = "unserved"


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """One function of the loaded app, as the worker indexed it."""

    name: str
    kind: FunctionKind
    bindings: tuple[Mapping[str, Any], ...]
    """The raw bindings, parsed: `{"direction": "IN", "type": "httpTrigger", "name": "req", …}`."""
    durable_name: str | None = None
    """The name orchestrations use; the function's own unless the trigger names another. Entities: lower case."""

    @property
    def trigger(self) -> Mapping[str, Any]:
        """Return the one binding that triggers the function."""
        return next(b for b in self.bindings if str(b["type"]).lower().endswith("trigger"))


@dataclass(frozen=True, slots=True)
class LoadError:
    """Why the app could not be loaded: one line for people, and the traceback of the import."""

    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class AppModel:
    """The app as a whole. With an `error` the host stays up and answers its status, but serves no function."""

    functions: tuple[FunctionInfo, ...] = ()
    error: LoadError | None = None
    durable_sdk: str | None = None
    """"1.x", "2.x" or None when no function is durable."""

    _by_name: dict[tuple[FunctionKind, str], FunctionInfo] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Index the functions; of two with one name the first counts."""
        for function in reversed(self.functions):
            self._by_name[function.kind, (function.durable_name or function.name).lower()] = function

    def durable(self, kind: FunctionKind, name: str) -> FunctionInfo | None:
        """Find an orchestrator, activity or entity by its durable name; names are compared without case."""
        return self._by_name.get((kind, name.lower()))


@dataclass(frozen=True, slots=True)
class UserError:
    """An exception that user code let out."""

    type: str
    message: str
    """`str(exception)`, unescaped: an orchestrator's carries the `$OutOfProcData$` suffix of the SDK."""
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """What one durable invocation gave: JSON text (None for no result), or the user's error."""

    value: str | None = None
    error: UserError | None = None


class WorkerLost(Exception):  # noqa: N818 - an outcome, not a fault
    """The invocation has no outcome: the worker died, was killed at the function time-out, or the host is stopping."""


class DurableInvoker(Protocol):
    """Invokes orchestrators, activities and entities in a worker process. Raises WorkerLost for host reasons."""

    async def invoke(
        self, function: FunctionInfo, payload: str, *, metadata: Mapping[str, str] = ...
    ) -> InvocationResult:
        """Run `function` with `payload` as its trigger's string datum.

        `metadata` is handed to the function's trigger metadata (e.g. `instanceId`).
        """
        ...


@dataclass(frozen=True, slots=True)
class DurableOptions:
    """`extensions.durableTask` of host.json, and what the host adds to it."""

    hub_name: str = "TestHubName"
    max_concurrent_activities: int = 10
    max_concurrent_orchestrators: int = 10
    max_concurrent_entities: int = 10
    max_orchestration_actions: int = 100_000
    overridable_states: str = "NonRunningStates"
    default_version: str | None = None
    default_async_request_sleep_time_ms: int = 30_000
    max_attempts_per_turn: int = 5
    """How often a turn or activity that keeps losing its worker is retried before it is parked."""
    extra: Mapping[str, Any] = field(default_factory=dict)
