"""Carries out the steps that bring an app to its specification."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from provisioning.azure_backend.arm import NAME_TAKEN, Arm
from provisioning.azure_backend.bodies import observed_plan, observed_site, plan_body, site_body, tags_of
from provisioning.azure_backend.containers import Containers
from provisioning.azure_backend.operations import DONE, Look
from provisioning.azure_backend.polling import Continuation
from provisioning.errors import NotOursError, PermanentError
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
from provisioning.spec import AppSpec, VersionAppRef, candidate_names, ownership_mismatch

_SETTLING = "settle"
_SETTLE_DELAY = timedelta(seconds=2)


def ensure_app(arm: Arm, containers: Containers, spec: AppSpec, continuation: str | None) -> Ready | Pending:
    """Converge in one go as far as Azure answers at once; a step that takes longer is handed back as Pending.

    A lost or stale continuation does no harm: every run looks at what is there and does what is left. App names are
    global: one that somebody else has is passed over, always in the same order, so that a later run finds the app.
    """
    earlier = Continuation.decode(continuation) if continuation else None
    names = candidate_names(spec.name)
    first, observed = (min(earlier.attempt, len(names) - 1), None) if earlier else _look_for(arm, spec, names)
    for attempt in range(first, len(names)):
        named = _Named(spec, names[attempt], attempt)
        try:
            if earlier and (pending := _look_again(arm, named.spec, earlier)):
                return pending
            return _converge(arm, containers, named, observed or _observe(arm, named.spec))
        except PermanentError as exc:
            if exc.code != NAME_TAKEN:
                raise
            taken, earlier, observed = exc, None, None
    message = f"{taken.message}; none of the {len(names)} names that the app may have is free"
    raise PermanentError(message, NAME_TAKEN) from taken


@dataclass(frozen=True, slots=True)
class _Named:
    """A specification with one of the names that the app may have."""

    wanted: AppSpec
    name: str
    attempt: int

    @property
    def spec(self) -> AppSpec:
        # The plan keeps its name: it is made once, whichever name its app gets.
        return replace(self.wanted, name=self.name)


def _look_for(arm: Arm, spec: AppSpec, names: tuple[str, ...]) -> tuple[int, Observed]:
    """Look at the app, under its first name or, by its tags, under the one that an earlier run had to give it."""
    observed = _observe(arm, spec)
    if observed.site is None and observed.plan is not None:
        for attempt, name in enumerate(names[1:], 1):
            site = arm.get_site(name)
            if site is not None and ownership_mismatch(spec.tags, tags_of(site)) is None:
                return attempt, Observed(observed_site(site, arm.settings_of(name)))
    return 0, observed


def _converge(arm: Arm, containers: Containers, named: _Named, observed: Observed) -> Ready | Pending:
    steps = plan_steps(named.spec, observed)
    for step in steps:
        look = _execute(arm, containers, named.spec, step)
        if look != DONE:
            return look.pending(_name_of(step), attempt=named.attempt)
    if not steps and observed.site is not None:
        return Ready(VersionAppRef(named.name, observed.site.host))
    return _settled(arm, named)


def _settled(arm: Arm, named: _Named) -> Ready | Pending:
    """Look whether what was done shows; Azure may take a moment, and a new app may start late."""
    spec = named.spec
    observed = _observe(arm, spec)
    left = plan_steps(spec, observed)
    if observed.site is None or left:
        names = ", ".join(_name_of(step) for step in left)
        settling = Continuation(_SETTLING, "", named.attempt)
        return Pending(settling.encode(), _SETTLE_DELAY, f"waiting for Azure to show: {names}")
    return Ready(VersionAppRef(spec.name, observed.site.host))


def _look_again(arm: Arm, spec: AppSpec, earlier: Continuation) -> Pending | None:
    match earlier.operation:
        case "plan":
            look = arm.look_at_plan(spec.plan_name, earlier)
        case "site":
            look = arm.look_at_site(spec.name, earlier)
        case _:
            return None
    return look.pending(f"creating the {earlier.operation}", attempt=earlier.attempt) if look != DONE else None


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
