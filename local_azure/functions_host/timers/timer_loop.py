"""Fires timer triggers: one loop per function, so that a slow run delays only its own next one."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from local_azure.functions_host.ports import FunctionInfo
from local_azure.functions_host.timers.ncrontab import Schedule, parse_schedule
from local_azure.functions_host.timers.primary import PrimaryLock
from local_azure.functions_host.timers.timer_state import TimerStatus, TimerStore

LONGEST_NAP_S = 30.0
"""Sleeps are cut into naps, so that a clock that was set is noticed."""

log = logging.getLogger(__name__)
Fire = Callable[[FunctionInfo, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer-triggered function with its schedule."""

    function: FunctionInfo
    expression: str
    schedule: Schedule
    runs_on_startup: bool
    is_monitored: bool


def read_timer(function: FunctionInfo, zone: tzinfo) -> Timer:
    """Read the trigger of a function; raise ScheduleError when its schedule is not one."""
    trigger = function.trigger
    expression = str(trigger.get("schedule", ""))
    return Timer(
        function,
        expression,
        parse_schedule(expression, zone),
        runs_on_startup=bool(trigger.get("runOnStartup")),
        is_monitored=trigger.get("useMonitor") is not False,
    )


def is_past_due(timer: Timer, status: TimerStatus | None, now: datetime) -> bool:
    """Tell whether an occurrence was missed while no host ran; another schedule starts afresh."""
    return timer.is_monitored and status is not None and status.schedule == timer.expression and status.next_at <= now


def timer_payload(status: TimerStatus | None, *, past_due: bool) -> str:
    """Write the trigger's JSON datum."""
    zero = "0001-01-01T00:00:00+00:00"

    def text(moment: datetime | None) -> str:
        return moment.isoformat() if moment else zero

    body: dict[str, Any] = {"Schedule": {"AdjustForDST": True}, "IsPastDue": past_due}
    if status is not None:
        body["ScheduleStatus"] = {
            "Last": text(status.last_at),
            "Next": text(status.next_at),
            "LastUpdated": text(status.updated_at),
        }
    return json.dumps(body)


class TimerLoops:
    """Runs all timers of the app while this host is the primary of its state directory."""

    def __init__(self, timers: Iterable[Timer], store: TimerStore, lock: PrimaryLock, fire: Fire) -> None:
        self._timers = tuple(timers)
        self._store = store
        self._lock = lock
        self._fire = fire
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin in the background."""
        if self._timers:
            self._task = asyncio.create_task(self._run_all())

    async def stop(self) -> None:
        """Fire nothing more; a run under way is left to its worker."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._lock.release()

    async def _run_all(self) -> None:
        await self._lock.acquire()
        async with asyncio.TaskGroup() as group:
            for timer in self._timers:
                group.create_task(self._run(timer))

    async def _run(self, timer: Timer) -> None:
        name = timer.function.name
        status = self._store.get(name)
        last = status.last_at if status else None
        past_due = is_past_due(timer, status, datetime.now(UTC))
        if past_due or timer.runs_on_startup:
            last = await self._fire_once(timer, status, past_due=past_due)
        while True:
            now = datetime.now(UTC)
            status = TimerStatus(timer.expression, timer.schedule.next_after(now), last, now)
            # Written only after a run: one that is cut off by a crash is past due at the next start.
            await self._remember(name, status)
            await sleep_until(status.next_at)
            last = await self._fire_once(timer, status, past_due=False)

    async def _fire_once(self, timer: Timer, status: TimerStatus | None, *, past_due: bool) -> datetime:
        started = datetime.now(UTC)
        log.debug("Timer %s fires%s", timer.function.name, ", past due" if past_due else "")
        await self._fire(timer.function, timer_payload(status, past_due=past_due))
        return started

    async def _remember(self, name: str, status: TimerStatus) -> None:
        try:
            await asyncio.to_thread(self._store.put, name, status)
        except OSError as error:
            # The timer goes on: only a restart would miss the file.
            log.error("The state of timer %s could not be written: %s", name, error)


async def sleep_until(moment: datetime) -> None:
    """Sleep until the wall clock says `moment`."""
    while (left_s := (moment - datetime.now(UTC)).total_seconds()) > 0:  # noqa: ASYNC110 - a clock, not a state
        await asyncio.sleep(min(left_s, LONGEST_NAP_S))
