"""Effects on other sagas of the router: start one, wake some."""

from router_app.durable.names import MONITOR
from router_app.effects.context import Args, EffectContext
from router_app.effects.outcomes import ok
from version_registry.sagas import Json


async def start_saga(context: EffectContext, args: Args) -> Json:
    """Start a saga unless one of that id was started before; only a monitor may start again after its end."""
    again = args["kind"] == MONITOR
    return ok(started=await context.hub.start_saga(args["kind"], args["id"], args["state"], again=again))


async def wake(context: EffectContext, args: Args) -> Json:
    """Wake those of the waiting that still listen; the others have found out by themselves or are gone."""
    woken = [instance_id for instance_id in args["ids"] if await context.hub.wake(instance_id, args["event"])]
    return ok(woken=len(woken))
