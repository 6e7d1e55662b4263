"""Every effect by its name in the planners, and the one place that executes them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from provisioning import ProvisioningError
from router_app.effects import apps, instances, making, observing, packaging, recalling, sagas, starts
from router_app.effects.context import Effect, EffectContext
from router_app.effects.outcomes import failed, outcome_of
from version_registry.sagas import Json

EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "check_package": packaging.check_package,
        "ensure_app": making.ensure_app,
        "publish_package": apps.publish_package,
        "check_deployment": apps.check_deployment,
        "check_health": apps.check_health,
        "delete_app": apps.delete_app,
        "count_unfinished": instances.count_unfinished,
        "export_instances": instances.export_instances,
        "forward_start": starts.forward_start,
        "find_start": starts.find_start,
        "start_saga": sagas.start_saga,
        "wake": sagas.wake,
        "recall_line": recalling.recall_line,
        "observe_application": observing.observe_application,
    }
)


async def execute_effect(context: EffectContext, name: str, args: Mapping[str, Any]) -> Json:
    """Execute one effect and return its outcome; errors of the platform are outcomes, everything else raises."""
    effect = EFFECTS.get(name)
    if effect is None:
        return failed(
            "unknown_effect", f"This router has no effect {name!r}: it is older than the one that planned it."
        )
    try:
        return await effect(context, dict(args))
    except ProvisioningError as error:
        return outcome_of(error)
