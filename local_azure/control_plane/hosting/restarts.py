"""When a site's process that has ended is started again."""

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 30.0
HEALTHY_AFTER_SECONDS = 60.0


def next_restart_delay(previous: float | None, ran_for: float) -> float:
    """Return the seconds to wait: at once after a healthy run or a first crash, then doubling.

    `previous` is the delay before the run that has just ended, None when that was the site's start.
    """
    if previous is None or ran_for >= HEALTHY_AFTER_SECONDS:
        return 0.0
    return min(max(previous * 2, FIRST_DELAY_SECONDS), LONGEST_DELAY_SECONDS)
