"""N worker processes that take invocations; a worker that dies is replaced."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass

from local_azure.functions_host.ports import FunctionInfo, InvocationResult, WorkerLost
from local_azure.functions_host.workers.backoff import LONGEST_DELAY_S, next_delay
from local_azure.functions_host.workers.frames import Frame
from local_azure.functions_host.workers.invocations import Invocation, durable_result, text_invocation
from local_azure.functions_host.workers.process import WorkerProcess, WorkerSpec

LOAD_TIMEOUT_S = 120.0
READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 2.0
LOAD_TRIES = 3
"""A worker that dies while it loads the app may not be to blame; after so many the app is, as in Azure's host."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """How many workers, and how long one invocation may take (None: for ever)."""

    size: int = 1
    function_timeout_s: float | None = None


class WorkerPool:
    """Spreads invocations over the ready workers. Implements ports.DurableInvoker."""

    def __init__(self, spec: WorkerSpec, options: PoolOptions) -> None:
        self._spec = spec
        self._options = options
        self._workers: dict[int, WorkerProcess] = {}
        self._ready = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def load(self) -> Frame:
        """Start the first worker and return its report on the app; raise WorkerLost when it cannot give one."""
        for _ in range(LOAD_TRIES - 1):
            worker = await self._spawn_first()
            try:
                return await self._report_of(worker)
            except WorkerLost as lost:
                # One that took too long was killed for that, and is not gone yet: another would take as long.
                if not worker.gone.is_set():
                    raise
                log.error("%s while it loaded the app; another one tries", lost)
        return await self._report_of(await self._spawn_first())

    async def _spawn_first(self) -> WorkerProcess:
        try:
            worker = await WorkerProcess.spawn(self._spec, "worker 1", self._options.function_timeout_s)
        except OSError as error:
            raise WorkerLost(f"the worker could not be started with {self._spec.interpreter}: {error}") from error
        self._workers[1] = worker
        return worker

    def keep_running(self) -> None:
        """Keep all workers up from now on, the one that loaded the app included."""
        self._ready.set()
        self._keepers = [asyncio.create_task(self._keep(number)) for number in range(1, self._options.size + 1)]

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the workers that are up."""
        return [worker.pid for worker in self._workers.values() if worker.is_ready]

    async def invoke(
        self,
        function: FunctionInfo,
        payload: str,
        *,
        metadata: Mapping[str, str] | None = None,
        inputs: Sequence[str] = (),
    ) -> InvocationResult:
        """Run an orchestrator, activity or entity with `payload` as its trigger's string datum.

        `inputs` are the texts of its other bindings, in order.
        """
        invocation = text_invocation(function.name, payload, datum="string", inputs=inputs, metadata=metadata)
        return durable_result(await self.call(invocation))

    def call(self, invocation: Invocation) -> Awaitable[Frame]:
        """Run one invocation on the least busy worker; raise WorkerLost when it has no outcome."""
        ready = [worker for worker in self._workers.values() if worker.is_ready]
        if not ready:
            return self._call_when_ready(invocation)
        worker = ready[0] if len(ready) == 1 else min(ready, key=in_flight)
        return worker.call(invocation)

    async def _call_when_ready(self, invocation: Invocation) -> Frame:
        while not any(worker.is_ready for worker in self._workers.values()):
            if self._stopping:
                raise WorkerLost("the host is stopping")
            self._ready.clear()
            await self._wait_until_ready()
        return await self.call(invocation)

    async def stop(self) -> None:
        """End all workers; what they still run is lost."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        workers = list(self._workers.values())
        for worker in workers:
            worker.request_stop()
        await asyncio.gather(*(end_worker(worker) for worker in workers))

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await self._ready.wait()
        except TimeoutError as error:
            raise WorkerLost(f"no worker became ready in {READY_TIMEOUT_S:g} s") from error

    async def _report_of(self, worker: WorkerProcess) -> Frame:
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                return await asyncio.shield(worker.loaded)
        except TimeoutError as error:
            worker.kill(f"{worker.name} did not load the app in {LOAD_TIMEOUT_S:g} s")
            raise WorkerLost(worker.death) from error

    async def _keep(self, number: int) -> None:
        clock = asyncio.get_running_loop().time
        delay_s, started = 0.0, clock()
        while True:
            worker = self._workers.get(number)
            if worker is not None:
                await worker.gone.wait()
                delay_s = next_delay(delay_s, clock() - started)
                log.error("%s; it is replaced in %g s", worker.death, delay_s)
                await asyncio.sleep(delay_s)
            started = clock()
            await self._start(number)

    async def _start(self, number: int) -> None:
        try:
            worker = await WorkerProcess.spawn(self._spec, f"worker {number}", self._options.function_timeout_s)
        except OSError as error:
            log.error("worker %d could not be started: %s", number, error)
            await asyncio.sleep(LONGEST_DELAY_S)
            return
        self._workers[number] = worker
        try:
            report = await self._report_of(worker)
        except WorkerLost:
            return
        if report.header["op"] == "failed":
            worker.kill(f"{worker.name} could not load the app again: {report.header['message']}")
            return
        log.info("%s is ready (pid %d)", worker.name, worker.pid)
        self._ready.set()


def in_flight(worker: WorkerProcess) -> int:
    """Return how busy a worker is."""
    return worker.in_flight


async def end_worker(worker: WorkerProcess) -> None:
    """Wait for a worker that was asked to stop; kill it when it takes too long."""
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await worker.gone.wait()
    except TimeoutError:
        worker.kill("the host is stopping")
        await worker.gone.wait()
