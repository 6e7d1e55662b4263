"""What the router takes on at once, and how much of it: read from its settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from router_app.setting_error import SettingError

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one router process."""

    json_bytes: int = 4 * MEBIBYTE
    """The largest body of a request that is read as JSON."""
    calls_per_app: int = 100
    """Calls to one version app at once."""
    waiting_calls: int = 200
    """Calls of all version apps together that wait for their turn."""
    turn_patience: timedelta = timedelta(seconds=5)
    """So long a call waits for its turn."""


def read_limits(env: Mapping[str, str]) -> Limits:
    """Read the limits; SettingError if one cannot be."""
    usual = Limits()
    return Limits(
        json_bytes=read_whole(env, "ROUTER_MAX_JSON_BYTES", usual.json_bytes, least=1),
        calls_per_app=read_whole(env, "ROUTER_MAX_CALLS_PER_APP", usual.calls_per_app, least=1),
        waiting_calls=read_whole(env, "ROUTER_MAX_WAITING_CALLS", usual.waiting_calls, least=0),
        turn_patience=read_time(env, "ROUTER_TURN_PATIENCE_SECONDS", usual.turn_patience),
    )


def read_whole(env: Mapping[str, str], name: str, usual: int, *, least: int) -> int:
    """Read a whole number."""
    text = env.get(name, "").strip()
    if not text:
        return usual
    if text.isascii() and text.isdigit() and int(text) >= least:
        return int(text)
    raise SettingError(f"{name} is {text[:40]!r}; it must be a whole number from {least} on.")


def read_time(env: Mapping[str, str], name: str, usual: timedelta) -> timedelta:
    """Read a number of seconds, of at most a day."""
    text = env.get(name, "").strip()
    if not text:
        return usual
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if 0 < seconds <= timedelta(days=1).total_seconds():
        return timedelta(seconds=seconds)
    raise SettingError(f"{name} is {text[:40]!r}; it must be a number of seconds, more than 0 and at most a day.")
