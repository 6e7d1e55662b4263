"""The timings that runs choose from: short, so that a run has few idle cycles, in proportions like the real ones."""

from datetime import timedelta

from version_registry.model import Timings

_SECONDS = {
    "table_ttl": 5.0,
    "forward_deadline": 20.0,
    "drain_margin": 4.0,
    "quiet_for": 15.0,
    "visibility_delay": 10.0,
    "monitor_interval": 60.0,
    "gate_deadline": 200.0,
    "start_deadline": 600.0,
}


def _timings(**changed: float) -> Timings:
    return Timings(**{name: timedelta(seconds=seconds) for name, seconds in {**_SECONDS, **changed}.items()})


USUAL = _timings()
LONG_FORWARDS = _timings(forward_deadline=80.0)
"""So that the wait after closing is longer than it takes to be sure of a death."""
IMPATIENT = _timings(start_deadline=50.0)
VERY_IMPATIENT = _timings(start_deadline=25.0)
"""So that starts run into their deadline."""
PATIENT = _timings(gate_deadline=900.0)
"""So that a deploy may take longer than an orphan is left alone."""
