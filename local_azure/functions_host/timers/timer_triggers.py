"""Timer-triggered functions: reads their schedules and invokes them."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_azure.functions_host.app_model import client_inputs
from local_azure.functions_host.ports import FunctionInfo, FunctionKind, WorkerLost
from local_azure.functions_host.timers.ncrontab import ScheduleError
from local_azure.functions_host.timers.timer_loop import Timer, read_timer
from local_azure.functions_host.workers.invocations import text_invocation, user_error
from local_azure.functions_host.workers.pool import WorkerPool

ZONE_SETTING = "WEBSITE_TIME_ZONE"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TimerTriggers:
    """Invokes timer-triggered functions."""

    pool: WorkerPool
    client_text: Callable[[], str]

    async def fire(self, function: FunctionInfo, payload: str) -> None:
        """Run a timer function; what goes wrong is logged, the next occurrence is another chance."""
        inputs = [self.client_text() for _ in client_inputs(function)]
        try:
            frame = await self.pool.call(text_invocation(function.name, payload, datum="json", inputs=inputs))
        except WorkerLost as lost:
            log.error("Timer %s has no outcome: %s", function.name, lost)
            return
        if error := user_error(frame):
            log.error("Timer %s failed\n%s", function.name, error.traceback.rstrip())


def read_timers(functions: Iterable[FunctionInfo], zone: tzinfo) -> tuple[list[Timer], dict[str, str]]:
    """Read the schedules of all timer functions; also return why some have none (by function name)."""
    timers, refused = [], {}
    for function in functions:
        if function.kind is not FunctionKind.TIMER:
            continue
        try:
            timers.append(read_timer(function, zone))
        except ScheduleError as error:
            refused[function.name] = f"its schedule is not usable: {error}"
    return timers, refused


def timer_zone(settings: Mapping[str, str]) -> tzinfo:
    """Return the zone whose clock the schedules mean; UTC unless a setting names another."""
    name = settings.get(ZONE_SETTING)
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        log.warning("%s names no known time zone (%s); timers follow UTC", ZONE_SETTING, name)
        return UTC
