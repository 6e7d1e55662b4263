"""Times as the engine keeps them: ISO-8601 UTC with microseconds and a `Z`, so that text order is time order."""

from datetime import UTC, datetime, timedelta


def utc_now() -> str:
    """Return the present moment."""
    return datetime.now(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def to_text(moment: datetime) -> str:
    """Write a moment; a naive one is taken as UTC."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_text(text: str) -> datetime:
    """Read any ISO-8601 moment; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def add_milliseconds(text: str, milliseconds: float) -> str:
    """Return the moment that is so much later; the far future is cut at what a datetime can hold."""
    try:
        return to_text(from_text(text) + timedelta(milliseconds=milliseconds))
    except OverflowError:
        return to_text(datetime.max.replace(tzinfo=UTC))


def to_seconds(text: str) -> str:
    """Return the moment as the Durable HTTP API shows it: whole seconds and `Z`."""
    return text[:19] + "Z"


class SteadyClock:
    """Gives moments that do not go back when the wall clock is set back a little; the latest known is the first.

    A clock that was wrong by more than an hour is believed when it has been put right.
    """

    def __init__(self, latest: str = "") -> None:
        self._latest = latest

    def __call__(self) -> str:
        """Return the present moment, or the last one given if that is later."""
        now = utc_now()
        if now >= self._latest or add_milliseconds(now, _BELIEVED_MS) < self._latest:
            self._latest = now
        return self._latest


_BELIEVED_MS = 3600 * 1000


def to_epoch(text: str) -> float:
    """Return seconds since 1970."""
    return from_text(text).timestamp()
