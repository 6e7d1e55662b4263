"""What the runners share: the app, its workers, its protocol, the settings and the store."""

from collections.abc import Callable
from dataclasses import dataclass

from local_azure.functions_host.durable.post_office import PostOffice
from local_azure.functions_host.durable.store import Store
from local_azure.functions_host.durable.wire import Wire
from local_azure.functions_host.ports import (
    AppModel,
    DurableInvoker,
    DurableOptions,
    FunctionInfo,
    InvocationResult,
    WorkerLost,
)

FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """The surroundings of every turn and activity."""

    model: AppModel
    invoker: DurableInvoker
    wire: Wire
    options: DurableOptions
    store: Store
    post_office: PostOffice
    is_stopping: Callable[[], bool]

    async def invoke(self, function: FunctionInfo, payload: str, instance_id: str) -> InvocationResult:
        """Run a function in a worker; raise WorkerLost if there is no outcome."""
        try:
            return await self.invoker.invoke(function, payload, metadata={"instanceId": instance_id})
        except WorkerLost:
            raise
        except Exception as error:
            # The boundary to the workers: whatever breaks there, work is tried again a bounded number of times.
            raise WorkerLost(f"the invocation broke off: {error!r}") from error

    def gives_up_after(self, attempts: int) -> bool:
        """Tell whether so many lost workers in a row are enough."""
        return attempts >= self.options.max_attempts_per_turn


def retry_delay_s(attempts: int) -> float:
    """Return how long to wait after so many lost workers in a row."""
    return float(min(FIRST_RETRY_S * 2 ** max(attempts - 1, 0), LONGEST_RETRY_S))
