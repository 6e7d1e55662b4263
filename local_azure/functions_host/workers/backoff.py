"""How long to wait before a dead worker is replaced; pure."""

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
STABLE_AFTER_S = 5.0


def next_delay(previous_s: float, lived_s: float) -> float:
    """Double the wait for workers that keep dying; start over when the last one lived long enough."""
    if previous_s == 0 or lived_s >= STABLE_AFTER_S:
        return FIRST_DELAY_S
    return min(previous_s * 2, LONGEST_DELAY_S)
