"""Carries out the steps that bring an app to its specification."""

from datetime import timedelta
from typing import assert_never

from provisioning.azure_backend.arm import DONE, Arm, Look
from provisioning.azure_backend.bodies import observed_plan, observed_site, plan_body, site_body
from provisioning.azure_backend.containers import Containers
from provisioning.azure_backend.polling import Continuation
from provisioning.errors import NotOursError
from provisioning.planning import (
    CheckName,
    CreateGroup,
    EnsureContainer,
    Observed,
    PutPlan,
    PutSettings,
    PutSite,
    Refuse,
    StartSite,
    Step,
    plan_steps,
)
from provisioning.port import Pending, Ready
from provisioning.spec import AppSpec, VersionAppRef

_SETTLING = "settle"
_SETTLE_DELAY = timedelta(seconds=2)


def ensure_app(arm: Arm, containers: Containers, spec: AppSpec, continuation: str | None) -> Ready | Pending:
    """Converge in one go as far as Azure answers at once; a step that takes longer is handed back as Pending.

    A lost or stale continuation does no harm: every run looks at what is there and does what is left.
    """
    if continuation and (pending := _look_again(arm, spec, continuation)):
        return pending
    observed = _observe(arm, spec)
    steps = plan_steps(spec, observed)
    for step in steps:
        look = _execute(arm, containers, spec, step)
        if look.continuation is not None:
            return _pending(look, look.continuation, _name_of(step))
    if not steps and observed.site is not None:
        return Ready(VersionAppRef(spec.name, observed.site.host))
    return _settled(arm, spec)


def _settled(arm: Arm, spec: AppSpec) -> Ready | Pending:
    """Look whether what was done shows; Azure may take a moment, and a new app may start late."""
    observed = _observe(arm, spec)
    left = plan_steps(spec, observed)
    if observed.site is None or left:
        names = ", ".join(_name_of(step) for step in left)
        return Pending(Continuation(_SETTLING, "").encode(), _SETTLE_DELAY, f"waiting for Azure to show: {names}")
    return Ready(VersionAppRef(spec.name, observed.site.host))


def _look_again(arm: Arm, spec: AppSpec, continuation: str) -> Pending | None:
    earlier = Continuation.decode(continuation)
    if earlier is None:
        return None
    match earlier.operation:
        case "plan":
            look = arm.look_at_plan(spec.plan_name, earlier)
        case "site":
            look = arm.look_at_site(spec.name, earlier)
        case _:
            return None
    return _pending(look, look.continuation, f"creating the {earlier.operation}") if look.continuation else None


def _pending(look: Look, continuation: Continuation, doing: str) -> Pending:
    return Pending(continuation.encode(), look.retry_after, doing)


def _observe(arm: Arm, spec: AppSpec) -> Observed:
    site = arm.get_site(spec.name)
    if site is not None:
        return Observed(observed_site(site, arm.settings_of(spec.name)))
    plan = arm.get_plan(spec.plan_name)
    if plan is not None:
        return Observed(plan=observed_plan(plan))
    return Observed(group_exists=arm.group_exists())


def _execute(arm: Arm, containers: Containers, spec: AppSpec, step: Step) -> Look:
    """Do one step; only plans and sites may take longer than their call."""
    match step:
        case Refuse(reason):
            raise NotOursError(reason)
        case CheckName():
            arm.check_name(spec.name)
        case CreateGroup():
            arm.create_group(spec.location)
        case PutPlan():
            return arm.put_plan(spec.plan_name, plan_body(spec))
        case EnsureContainer():
            containers.ensure(spec.container_url or "")
        case PutSite(settings):
            return arm.put_site(spec.name, site_body(spec, settings, arm.plan_id(spec.plan_name)))
        case PutSettings(settings):
            arm.put_settings(spec.name, settings)
        case StartSite():
            arm.start(spec.name)
        case _:
            assert_never(step)
    return DONE


def _name_of(step: Step) -> str:
    return type(step).__name__
