"""All sagas by name: what the shell's one orchestration can drive."""

from collections.abc import Mapping
from types import MappingProxyType

from version_registry.monitoring import monitor
from version_registry.retirement import retire_line
from version_registry.rollout import deploy_release
from version_registry.sagas import Planner
from version_registry.starting import deliver_start

PLANNERS: Mapping[str, Planner] = MappingProxyType(
    {
        "deploy_release": deploy_release,
        "retire_line": retire_line,
        "deliver_start": deliver_start,
        "monitor": monitor,
    }
)
