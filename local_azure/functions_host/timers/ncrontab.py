"""NCRONTAB expressions, `{second} {minute} {hour} {day} {month} {day of week}`; five fields start at second 0. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

MONTHS = ("january february march april may june july august september october november december").split()  # noqa: SIM905
DAYS = ("sunday monday tuesday wednesday thursday friday saturday").split()  # noqa: SIM905
SEARCH_DAYS = 366 * 9  # The 29th of February is at most eight years away.


class ScheduleError(ValueError):
    """A schedule cannot be read; the message says which field is wrong."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What one field may hold."""

    name: str
    low: int
    high: int
    names: Sequence[str] = ()

    def number(self, text: str) -> int:
        """Read one value, a number or a name of at least three letters."""
        lowered = text.lower()
        if len(lowered) >= 3:
            for index, name in enumerate(self.names):
                if name.startswith(lowered):
                    return self.low + index
        if not text.isdecimal() or not self.low <= int(text) <= self.high:
            raise ScheduleError(f"{self.name}: {text!r} is not between {self.low} and {self.high}")
        return int(text)


RULES = (
    FieldRule("second", 0, 59),
    FieldRule("minute", 0, 59),
    FieldRule("hour", 0, 23),
    FieldRule("day", 1, 31),
    FieldRule("month", 1, 12, MONTHS),
    FieldRule("day of week", 0, 6, DAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed expression: the allowed values of each field, and the zone whose clock it means."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    zone: tzinfo = UTC

    def next_after(self, moment: datetime) -> datetime:
        """Return the first occurrence after `moment`, in UTC."""
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        for _ in range(3):
            local = self._next_local(local)
            found = local.replace(tzinfo=self.zone).astimezone(UTC)
            # When the clock is set back, an hour of local times has passed already.
            if found > moment:
                return found
        return self.next_after(moment + timedelta(hours=1))

    def _next_local(self, after: datetime) -> datetime:
        start = (after + timedelta(seconds=1)).replace(microsecond=0)
        if self._fits(start.date()):
            found = self._next_time(start)
            if found is not None:
                return found
        day = start.date()
        for _ in range(SEARCH_DAYS):
            day += timedelta(days=1)
            if self._fits(day):
                return datetime(day.year, day.month, day.day, self.hours[0], self.minutes[0], self.seconds[0])  # noqa: DTZ001
        raise ScheduleError("the schedule has no next occurrence")

    def _fits(self, day: date) -> bool:
        return day.day in self.days and day.month in self.months and day.isoweekday() % 7 in self.weekdays

    def _next_time(self, start: datetime) -> datetime | None:
        """Return the first time of day from `start` on, on the same day."""
        for hour in self.hours:
            if hour < start.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (start.hour, start.minute):
                    continue
                for second in self.seconds:
                    if (hour, minute, second) >= (start.hour, start.minute, start.second):
                        return start.replace(hour=hour, minute=minute, second=second)
        return None


def parse_schedule(text: str, zone: tzinfo = UTC) -> Schedule:
    """Parse an expression of six or five fields; raise ScheduleError for anything else."""
    fields = text.split()
    if len(fields) == 5:
        fields = ["0", *fields]
    if len(fields) != 6:
        raise ScheduleError(f"{text!r} has {len(fields)} fields; an NCRONTAB expression has 6 (or 5)")
    seconds, minutes, hours, days, months, weekdays = (
        parse_field(field, rule) for field, rule in zip(fields, RULES, strict=True)
    )
    schedule = Schedule(seconds, minutes, hours, days, months, weekdays, zone)
    schedule.next_after(datetime(2000, 1, 1, tzinfo=UTC))  # Refuses the 31st of February.
    return schedule


def parse_field(text: str, rule: FieldRule) -> tuple[int, ...]:
    """Parse one field: a list of `*`, values, ranges and steps."""
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        if slash and (not step_text.isdecimal() or int(step_text) < 1):
            raise ScheduleError(f"{rule.name}: the step in {part!r} must be a positive number")
        low, high = parse_span(span, rule, is_stepped=bool(slash))
        values.update(range(low, high + 1, int(step_text or 1)))
    return tuple(sorted(values))


def parse_span(text: str, rule: FieldRule, *, is_stepped: bool) -> tuple[int, int]:
    """Parse `*`, `a-b` or `a`; with a step, a single value means from there on."""
    if text == "*":
        return rule.low, rule.high
    first, dash, last = text.partition("-")
    low = rule.number(first)
    if dash:
        high = rule.number(last)
        return (low, high) if low <= high else (high, low)
    return low, rule.high if is_stepped else low
