"""Effects on version apps as resources: make, publish to, look at, delete. In threads, because the platform blocks."""

import asyncio
from typing import Any

from provisioning import (
    AppHealth,
    AppSpec,
    DeploymentStatus,
    Pending,
    Ready,
    app_name,
    choose_plan_name,
    hide_private,
    ownership_tags,
    tracking_store_settings,
)
from router_app.effects.context import Args, EffectContext, app_of
from router_app.effects.outcomes import crashed, failed, ok, pending, retry
from router_app.settings import Settings
from version_registry.sagas import Json

LOOK_AGAIN_SECONDS = 1.0


async def ensure_app(context: EffectContext, args: Args) -> Json:
    """Bring the line's app, of this generation, to its specification."""
    spec = app_spec(context.parts.settings, args["application"], args["line"], args["generation"])
    result = await asyncio.to_thread(context.parts.platform.ensure_app, spec, args.get("continuation"))
    if isinstance(result, Ready):
        return ok(app={"name": result.app.name, "host": result.app.host})
    return _under_way(result)


def _under_way(result: Pending) -> Json:
    resume = {"continuation": result.continuation, "doing": result.doing}
    return pending(resume, retry_after=result.retry_after.total_seconds())


async def publish_package(context: EffectContext, args: Args) -> Json:
    """Send the package to the app."""
    deployment = await asyncio.to_thread(_publish, context, args)
    return ok(deployment=deployment)


def _publish(context: EffectContext, args: Args) -> str:
    package = context.parts.packages.fetch(args["application"], args["digest"])
    return context.parts.platform.publish(args["app"]["name"], package, args["digest"])


async def check_deployment(context: EffectContext, args: Args) -> Json:
    """Look once how a publish fares."""
    state = await asyncio.to_thread(context.parts.platform.check_deployment, args["app"]["name"], args["deployment"])
    match state.status:
        case DeploymentStatus.SUCCEEDED:
            return ok()
        case DeploymentStatus.PENDING:
            return pending({}, retry_after=LOOK_AGAIN_SECONDS)
        case DeploymentStatus.FAILED:
            return failed("deploy_failed", state.message or "The platform could not deploy the package.")


async def check_health(context: EffectContext, args: Args) -> Json:
    """Look once whether the app runs exactly the functions of its package."""
    health = await asyncio.to_thread(context.parts.platform.observe_health, args["app"]["name"])
    if health.has_failed:
        said = hide_private(health.reason, context.parts.settings.app_settings.values())
        return crashed(said, retry_after=LOOK_AGAIN_SECONDS)
    doubt = doubt_about(health, args["functions"], complete=args["complete"])
    if doubt:
        return retry(doubt, retry_after=LOOK_AGAIN_SECONDS)
    # The new host may have been given new keys. Fetched now, so that the first start does not wait for them.
    context.parts.apps.forget(args["app"]["name"])
    await context.parts.apps.open(app_of(args))
    return ok(functions=[{"name": function.name, "kind": function.kind.value} for function in health.functions])


async def delete_app(context: EffectContext, args: Args) -> Json:
    """Make the app, and what was made for it, absent; only if its tags say that it is this line's."""
    settings = context.parts.settings
    line, generation = args["line"], args["generation"]
    name = (args.get("app") or {}).get("name") or _name_of(settings, args["application"], line, generation)
    tags = ownership_tags(settings.router_id, args["application"], line, generation)
    deleted = await asyncio.to_thread(context.parts.platform.ensure_absent, name, tags, args.get("continuation"))
    context.parts.apps.forget(name)
    if isinstance(deleted, Pending):
        return _under_way(deleted)
    return ok(deleted=list(deleted))


def app_spec(settings: Settings, application: str, line: str, generation: int) -> AppSpec:
    """Specify the app of a line's generation."""
    name = _name_of(settings, application, line, generation)
    # So that an app which calls the router can pass its own version on.
    identity = {"DURABLE_ROUTER_APPLICATION": application, "DURABLE_ROUTER_LINE": line}
    return AppSpec(
        name=name,
        plan_name=choose_plan_name(name, settings.router_id, settings.hosting),
        resource_group=settings.resource_group,
        location=settings.location,
        settings={**settings.app_settings, **_tracking_store(settings), **identity},
        tags=ownership_tags(settings.router_id, application, line, generation),
        runtime_version=settings.app_runtime,
        identity=settings.app_identity,
        deployment_storage=settings.package_storage,
        hosting=settings.hosting,
        plan_size=settings.plan_size,
        run_from_package=settings.run_from_package,
    )


def _tracking_store(settings: Settings) -> dict[str, str]:
    if settings.tracking_store is None:
        return {}
    # Table names hold letters and digits only.
    prefix = settings.router_id.replace("-", "")
    client_id = settings.app_settings.get("AzureWebJobsStorage__clientId")
    return tracking_store_settings(settings.tracking_store, prefix, client_id=client_id)


def doubt_about(health: AppHealth, expected: list[dict[str, Any]], *, complete: bool) -> str:
    """Say why the app may not be routed to yet; empty when it may. `complete`: expected is all that there is."""
    if not health.ready:
        return health.reason or f"The app's host is {health.state}."
    wanted = {(function["name"].lower(), function["kind"]) for function in expected}
    found = {(function.name.lower(), function.kind.value) for function in health.functions}
    if missing := wanted - found:
        return f"The app does not serve yet: {_listed(missing)}."
    if not found:
        return "The app's host has indexed no functions."
    if complete and (surplus := found - wanted):
        # Old and new code can be mixed for a while after a deploy.
        return f"The app still serves functions that the package does not have: {_listed(surplus)}."
    return ""


def _listed(functions: set[tuple[str, str]]) -> str:
    return ", ".join(sorted(name for name, _ in functions))


def _name_of(settings: Settings, application: str, line: str, generation: int) -> str:
    salt = f"{settings.subscription_id}/{settings.resource_group}"
    return app_name(settings.router_id, application, line, generation, salt=salt)
