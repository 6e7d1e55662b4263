"""The kinds of plans that version apps can run on, and what each asks of an app. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Hosting(StrEnum):
    """A kind of plan."""

    FLEX = "flex"
    """Flex Consumption: a plan per app, paid by use, no slots."""
    PREMIUM = "premium"
    """Elastic Premium: one plan for all apps, with slots."""
    DEDICATED = "dedicated"
    """An App Service plan for all apps, with slots."""
    CONSUMPTION = "consumption"
    """Linux Consumption: where Flex is not to be had."""


@dataclass(frozen=True, slots=True)
class HostingTraits:
    """What a kind of plan is like."""

    size: str
    """By default."""
    plan_kind: str
    shared_plan: bool
    """All version apps of a router are on one plan, which outlives them."""
    has_slots: bool
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """App settings that the runtime needs there. Flex refuses them: it has functionAppConfig."""
    warning: str = ""
    """What speaks against it."""


class PublishMethod(StrEnum):
    """How a package gets to an app."""

    ONE_DEPLOY = "one-deploy"
    """Sent to the deployment endpoint of Flex Consumption, and built there."""
    ZIP_DEPLOY = "zipdeploy"
    """Sent to the deployment endpoint of the other plans, and built there."""
    RUN_FROM_PACKAGE = "run-from-package"
    """Put into storage, from where the app runs it as it is."""


def choose_publish_method(*, flex: bool, run_from_package: bool) -> PublishMethod:
    """Decide how packages get to an app. Flex Consumption runs from its package anyway, and refuses the setting."""
    if flex:
        return PublishMethod.ONE_DEPLOY
    return PublishMethod.RUN_FROM_PACKAGE if run_from_package else PublishMethod.ZIP_DEPLOY


_RUNTIME = {"FUNCTIONS_EXTENSION_VERSION": "~4", "FUNCTIONS_WORKER_RUNTIME": "python"}
# The packages hold no dependencies: zipdeploy installs them only when it is told to.
_REMOTE_BUILD = {"SCM_DO_BUILD_DURING_DEPLOYMENT": "true", "ENABLE_ORYX_BUILD": "true"}

NO_BUILD: Mapping[str, str] = MappingProxyType(dict.fromkeys(_REMOTE_BUILD, "false"))
"""Settings of an app that runs its package as it is."""

TRAITS: Mapping[Hosting, HostingTraits] = MappingProxyType(
    {
        Hosting.FLEX: HostingTraits("FC1", "functionapp", shared_plan=False, has_slots=False),
        Hosting.PREMIUM: HostingTraits(
            "EP1", "elastic", shared_plan=True, has_slots=True, settings={**_RUNTIME, **_REMOTE_BUILD}
        ),
        Hosting.DEDICATED: HostingTraits(
            "P1v3", "linux", shared_plan=True, has_slots=True, settings={**_RUNTIME, **_REMOTE_BUILD}
        ),
        Hosting.CONSUMPTION: HostingTraits(
            "Y1",
            "functionapp",
            shared_plan=False,
            has_slots=False,
            settings={**_RUNTIME, **_REMOTE_BUILD},
            warning=(
                "Linux Consumption gets no new features since 2025-09-30 and ends on 2028-09-30: "
                "use Flex Consumption (ROUTER_HOSTING=flex) where the region has it"
            ),
        ),
    }
)

_TIERS = (
    ("FC", "FlexConsumption"),
    ("EP", "ElasticPremium"),
    ("Y", "Dynamic"),
    ("B", "Basic"),
    ("S", "Standard"),
    ("P", "PremiumV3"),
)


def tier_of(size: str) -> str:
    """Return the tier that a size of a plan belongs to; ValueError if it is no size for Functions."""
    for prefix, tier in _TIERS:
        if size.upper().startswith(prefix):
            return "PremiumV2" if tier == "PremiumV3" and size.lower().endswith("v2") else tier
    message = f"{size!r} is no size of a plan: use one such as EP1, P1v3 or B1"
    raise ValueError(message)
