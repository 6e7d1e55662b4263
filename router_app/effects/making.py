"""The effect that makes an app, unless an older one of its name is being removed."""

import asyncio

from provisioning import candidate_names
from router_app.effects import apps
from router_app.effects.context import Args, EffectContext
from router_app.effects.outcomes import retry
from router_app.housekeeping.orphan_notes import is_condemned
from router_app.parts import Parts
from version_registry.sagas import Json

ASK_AGAIN_SECONDS = 10.0


async def ensure_app(context: EffectContext, args: Args) -> Json:
    """Bring the line's app to its specification; one that housekeeping has condemned is waited for, not adopted."""
    settings = context.parts.settings
    spec = apps.app_spec(settings, args["application"], args["line"], args["generation"])
    if await asyncio.to_thread(_is_any_condemned, context.parts, candidate_names(spec.name)):
        return retry("a left-over app of the same name is looked into first", retry_after=ASK_AGAIN_SECONDS)
    return await apps.ensure_app(context, args)


def _is_any_condemned(parts: Parts, names: tuple[str, ...]) -> bool:
    return any(is_condemned(parts, name) for name in names)
