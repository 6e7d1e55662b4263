"""How fast a local router goes about its work: the waits of the drain, shortened from what suits the cloud."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The router's waits in seconds. The safety argument (docs/architecture.md) holds for any values."""

    table_ttl: float
    forward_deadline: float
    drain_margin: float
    quiet_for: float
    visibility_delay: float
    monitor_interval: float
    gate_deadline: float
    error_grace: float
    start_deadline: float

    def settings(self) -> dict[str, str]:
        """Return them as the router's app settings."""
        return {
            "ROUTER_TABLE_TTL_SECONDS": str(self.table_ttl),
            "ROUTER_FORWARD_DEADLINE_SECONDS": str(self.forward_deadline),
            "ROUTER_DRAIN_MARGIN_SECONDS": str(self.drain_margin),
            "ROUTER_QUIET_FOR_SECONDS": str(self.quiet_for),
            "ROUTER_VISIBILITY_DELAY_SECONDS": str(self.visibility_delay),
            "ROUTER_MONITOR_INTERVAL_SECONDS": str(self.monitor_interval),
            "ROUTER_GATE_DEADLINE_SECONDS": str(self.gate_deadline),
            "ROUTER_ERROR_GRACE_SECONDS": str(self.error_grace),
            "ROUTER_START_DEADLINE_SECONDS": str(self.start_deadline),
        }


UNHURRIED = Pace(
    table_ttl=2,
    forward_deadline=10,
    drain_margin=1,
    quiet_for=30,
    visibility_delay=5,
    monitor_interval=5,
    gate_deadline=120,
    error_grace=5,
    start_deadline=600,
)
"""For `run`: short enough to watch a drain, long enough to keep one from starting under your hands."""

BRISK = Pace(
    table_ttl=1,
    forward_deadline=3,
    drain_margin=0.5,
    quiet_for=2,
    visibility_delay=1,
    monitor_interval=1,
    gate_deadline=60,
    error_grace=2,
    start_deadline=60,
)
"""For `demo` and the end-to-end tests: a whole life of a line in seconds."""
