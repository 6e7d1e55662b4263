"""Runs activities: calls the function, writes its outcome, and tells the orchestration."""

import asyncio
import logging
from dataclasses import replace

from local_azure.functions_host.durable import clock, commits, failures, history
from local_azure.functions_host.durable.decisions import HTTP_ACTIVITY
from local_azure.functions_host.durable.held_outcomes import HeldOutcomes
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.http_activity import call_http
from local_azure.functions_host.durable.lanes import Lane
from local_azure.functions_host.durable.records import ActivityWork, Message
from local_azure.functions_host.durable.runtime import Runtime, retry_delay_s
from local_azure.functions_host.ports import FunctionKind, InvocationResult, WorkerLost

logger = logging.getLogger(__name__)

LONG_S = 1.0
"""What an activity did for longer than this is not risked for a few milliseconds."""


class ActivityRunner:
    """The activities of all instances, in the order they were scheduled."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._clock = asyncio.get_running_loop().time
        self._lane: Lane[ActivityWork] = Lane(runtime.options.max_concurrent_activities, self._run)
        self.held = HeldOutcomes(self._write)

    def offer(self, work: ActivityWork) -> None:
        """Have an activity run; its row is already committed."""
        self._lane.offer(work)

    async def _run(self, work: ActivityWork) -> None:
        began = self._clock()
        try:
            event = await self._outcome(work)
        except WorkerLost as error:
            if self._runtime.is_stopping():
                return  # the row is still there: the next host runs it
            work = replace(work, attempts=work.attempts + 1)
            if not self._runtime.gives_up_after(work.attempts):
                self._try_again(work)
                return
            logger.error("activity %s of %s is given up: %s", work.name, work.instance_id, error)
            reason = f"Activity function '{work.name}' failed: {failures.worker_lost(work.attempts, str(error))}"
            event = history.task_failed(work.task_id, reason, "", clock.utc_now())
        self._report(work, event, took_s=self._clock() - began)

    def _try_again(self, work: ActivityWork) -> None:
        self._watch(work, self._runtime.store.write(commits.count_activity_attempt(work)))
        asyncio.get_running_loop().call_later(retry_delay_s(work.attempts), self._lane.offer, work)

    async def _outcome(self, work: ActivityWork) -> Event:
        """Call the function and put what it gave into an event."""
        if work.name == HTTP_ACTIVITY:
            return await call_http(work)
        function = self._runtime.model.durable(FunctionKind.ACTIVITY, work.name)
        if function is None:
            reason = failures.missing_function(work.name, "activity")
            return history.task_failed(work.task_id, reason, "", clock.utc_now())
        payload = "null" if work.input is None else work.input
        result = await self._runtime.invoke(function, payload, work.instance_id)
        return activity_event(work, result, clock.utc_now())

    def _report(self, work: ActivityWork, event: Event, *, took_s: float) -> None:
        """Have the outcome written, and start the turn that takes it beside that: its own commit comes after."""
        message = Message(next(self._runtime.store.seqs), work.instance_id, work.execution_id, event)
        # With those that run, those that are held are never more than may run: so many may have to be done again.
        if took_s < LONG_S and len(self.held) + self._lane.running <= self._runtime.options.max_concurrent_activities:
            self.held.hold((work, message))
        else:
            self._write(work, message)
        self._runtime.post_office.post((message,))

    def _write(self, work: ActivityWork, message: Message) -> None:
        self._watch(work, self._runtime.store.write(commits.finish_activity(work, message)))

    @staticmethod
    def _watch(work: ActivityWork, future: "asyncio.Future[None]") -> None:
        def log_failure(done: "asyncio.Future[None]") -> None:
            if not done.cancelled() and (error := done.exception()) is not None:
                # Nothing is lost: the activity's row is still there, so it runs again after a restart.
                logger.error("the outcome of activity %s of %s was not stored: %s", work.name, work.instance_id, error)

        future.add_done_callback(log_failure)

    async def close(self, *, grace_s: float) -> None:
        """Let running activities end within the grace."""
        await self._lane.close(grace_s=grace_s)
        self.held.write_all()


def activity_event(work: ActivityWork, result: InvocationResult, now: str) -> Event:
    """Put what an activity function gave into the event that its orchestration sees."""
    if result.error is None:
        return history.task_completed(work.task_id, result.value, now)
    reason = failures.activity_failed(work.name, result.error)
    return history.task_failed(work.task_id, reason, result.error.traceback, now)
