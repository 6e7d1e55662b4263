"""The time as Azure writes it."""

from datetime import UTC, datetime


def timestamp() -> str:
    """Return the present time in UTC, to the microsecond."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
