"""What is left to do until an app is as specified. Pure: any half-made state in, the missing steps out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioning.hosting import Hosting
from provisioning.spec import AppSpec, ownership_mismatch


@dataclass(frozen=True, slots=True)
class ObservedSite:
    """What the platform says of an app that exists."""

    host: str
    state: str
    tags: Mapping[str, str]
    settings: Mapping[str, str] = field(repr=False)
    plan: str
    """Name of its hosting plan."""
    identity: str | None
    """Resource id of the first user-assigned identity."""
    runtime_version: str
    """Empty when the platform did not say."""
    deployment_container: str
    """URL of the container with its package; on Flex Consumption, as the two below."""
    instance_memory_mb: int
    maximum_instance_count: int


@dataclass(frozen=True, slots=True)
class ObservedPlan:
    """What the platform says of a hosting plan that exists."""

    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Observed:
    """All that matters of the platform's state for one app. Plan and group matter only while there is no site."""

    site: ObservedSite | None = None
    plan: ObservedPlan | None = None
    group_exists: bool = True


@dataclass(frozen=True, slots=True)
class Refuse:
    """Leave it alone: it belongs to somebody else."""

    reason: str


@dataclass(frozen=True, slots=True)
class CheckName:
    """Make sure that nobody else in Azure has the name, before anything is made for it."""


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """Create the resource group."""


@dataclass(frozen=True, slots=True)
class PutPlan:
    """Create the hosting plan."""


@dataclass(frozen=True, slots=True)
class EnsureContainer:
    """Make sure that the container for the deployed package is there."""


@dataclass(frozen=True, slots=True)
class PutSite:
    """Create or replace the app in one call: settings, tags, identity, configuration."""

    settings: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PutSettings:
    """Replace the app's settings by these, and nothing else."""

    settings: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StartSite:
    """Start an app that is stopped."""


Step = Refuse | CheckName | CreateGroup | PutPlan | EnsureContainer | PutSite | PutSettings | StartSite


def plan_steps(spec: AppSpec, observed: Observed) -> tuple[Step, ...]:
    """Return the steps from the observed state to the specified one, in order; none when it is reached."""
    if reason := _foreign(spec, observed):
        return (Refuse(reason),)
    if observed.site is None:
        return _steps_to_create(spec, observed)
    return _steps_to_correct(spec, observed.site)


def _foreign(spec: AppSpec, observed: Observed) -> str | None:
    if observed.site and (mismatch := ownership_mismatch(spec.tags, observed.site.tags)):
        return f"app {spec.name} exists and is not this line's: {mismatch}"
    owner = "this router's" if spec.traits.shared_plan else "this line's"
    if observed.plan and (mismatch := ownership_mismatch(spec.plan_tags, observed.plan.tags)):
        return f"plan {spec.plan_name} exists and is not {owner}: {mismatch}"
    return None


def _steps_to_create(spec: AppSpec, observed: Observed) -> tuple[Step, ...]:
    steps: list[Step] = []
    if not observed.group_exists:
        steps.append(CreateGroup())
    # Once the plan is there the name was checked before, and whoever took it since is found out by the PUT.
    if observed.plan is None or spec.traits.shared_plan:
        steps.append(CheckName())
    if observed.plan is None:
        steps.append(PutPlan())
    if spec.container_url:
        steps.append(EnsureContainer())
    return (*steps, PutSite(dict(spec.app_settings)))


def _steps_to_correct(spec: AppSpec, site: ObservedSite) -> tuple[Step, ...]:
    # Settings that the platform or an admin added stay: a PUT of settings replaces all of them.
    settings = {**site.settings, **spec.app_settings}
    steps: list[Step] = []
    if is_misconfigured(spec, site):
        if spec.container_url:
            steps.append(EnsureContainer())
        steps.append(PutSite(settings))
    elif settings != dict(site.settings):
        steps.append(PutSettings(settings))
    if site.state.lower() != "running":
        steps.append(StartSite())
    return tuple(steps)


def is_misconfigured(spec: AppSpec, site: ObservedSite) -> bool:
    """Tell whether anything but settings and run state differs. Azure's replies differ in case from what was sent."""
    return (
        any(site.tags.get(name) != value for name, value in spec.tags.items())
        or site.runtime_version not in (spec.runtime_version, _unsaid(spec))
        or _folded(site.plan) != _folded(spec.plan_name)
        or (spec.identity is not None and _folded(site.identity) != _folded(spec.identity))
        or (spec.hosting is Hosting.FLEX and _is_misconfigured_on_flex(spec, site))
    )


def _is_misconfigured_on_flex(spec: AppSpec, site: ObservedSite) -> bool:
    return (
        site.instance_memory_mb != spec.instance_memory_mb
        or site.maximum_instance_count != spec.maximum_instance_count
        or (spec.container_url is not None and _folded(site.deployment_container) != _folded(spec.container_url))
    )


def _unsaid(spec: AppSpec) -> str:
    """Return what else may stand for the right runtime: off Flex Consumption, an answer may leave it out."""
    return spec.runtime_version if spec.hosting is Hosting.FLEX else ""


def _folded(text: str | None) -> str:
    """Fold a name or id for comparison: without regard to case and a slash at the end."""
    return (text or "").rstrip("/").casefold()
