"""The kinds of plans: what is planned for each, what goes over the wire, and a life on each at the local Azure."""

import dataclasses

import pytest

from provisioning import (
    TRAITS,
    AppSpec,
    DeploymentState,
    DeploymentStatus,
    Hosting,
    Ready,
    choose_plan_name,
    ownership_tags,
    tier_of,
)
from provisioning.azure_backend.bodies import is_flex, observed_site, plan_body, site_body
from provisioning.planning import (
    CheckName,
    EnsureContainer,
    Observed,
    ObservedPlan,
    ObservedSite,
    PutPlan,
    PutSite,
    Refuse,
    plan_steps,
)

OURS = ownership_tags("router", "orders", "1.4", 2)
ROUTERS_PLAN = ObservedPlan({"durable-router-id": "router"})
BUILD = {
    "FUNCTIONS_EXTENSION_VERSION": "~4",
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "SCM_DO_BUILD_DURING_DEPLOYMENT": "true",
    "ENABLE_ORYX_BUILD": "true",
}


def a_spec(hosting: Hosting, **changes) -> AppSpec:
    fields = {"settings": {"A": "1"}, "tags": OURS, "deployment_storage": "https://account.blob.core.windows.net"}
    plan = choose_plan_name("orders-app", "router", hosting)
    return AppSpec("orders-app", plan, "rg", "westeurope", hosting=hosting, **{**fields, **changes})


def a_site(**changes) -> ObservedSite:
    site = ObservedSite(
        host="orders-app.azurewebsites.net",
        state="Running",
        tags=OURS,
        settings={"A": "1", **BUILD},
        plan="plan-router-premium",
        identity=None,
        runtime_version="3.11",
        deployment_container="",
        instance_memory_mb=0,
        maximum_instance_count=0,
    )
    return dataclasses.replace(site, **changes)


WHOLE = PutSite({"A": "1", **BUILD})
PLANS = {
    "flex, nothing there": (
        Hosting.FLEX,
        Observed(),
        (CheckName(), PutPlan(), EnsureContainer(), PutSite({"A": "1"})),
    ),
    "premium, nothing there": (Hosting.PREMIUM, Observed(), (CheckName(), PutPlan(), WHOLE)),
    # The plan says nothing of whether this app's name was checked: it was made for another one.
    "premium, plan there": (Hosting.PREMIUM, Observed(plan=ROUTERS_PLAN), (CheckName(), WHOLE)),
    "premium, plan of another router": (
        Hosting.PREMIUM,
        Observed(plan=ObservedPlan({"durable-router-id": "another"})),
        (
            Refuse(
                "plan plan-router-premium exists and is not this router's: "
                "tag durable-router-id is 'another', not 'router'"
            ),
        ),
    ),
    "premium, all there": (Hosting.PREMIUM, Observed(a_site()), ()),
    "premium, runtime not told": (Hosting.PREMIUM, Observed(a_site(runtime_version="")), ()),
    "premium, another runtime": (Hosting.PREMIUM, Observed(a_site(runtime_version="3.10")), (WHOLE,)),
    "premium, an app that was on flex": (Hosting.PREMIUM, Observed(a_site(plan="plan-orders-app")), (WHOLE,)),
    "dedicated, nothing there": (Hosting.DEDICATED, Observed(), (CheckName(), PutPlan(), WHOLE)),
    "dedicated, all there": (Hosting.DEDICATED, Observed(a_site(plan="plan-router-dedicated")), ()),
    "consumption, nothing there": (Hosting.CONSUMPTION, Observed(), (CheckName(), PutPlan(), WHOLE)),
    "consumption, plan there": (Hosting.CONSUMPTION, Observed(plan=ObservedPlan(OURS)), (WHOLE,)),
    "consumption, the router's shared plan under its name": (
        Hosting.CONSUMPTION,
        Observed(plan=ROUTERS_PLAN),
        (
            Refuse(
                "plan plan-orders-app exists and is not this line's: "
                "tag durable-router-application is None, not 'orders'"
            ),
        ),
    ),
}


@pytest.mark.parametrize(("hosting", "observed", "steps"), PLANS.values(), ids=PLANS)
def test_the_steps_fit_the_kind_of_plan(hosting, observed, steps):
    assert plan_steps(a_spec(hosting), observed) == steps


def test_a_setting_of_ours_wins_over_what_a_kind_of_plan_needs():
    assert a_spec(Hosting.PREMIUM, settings={"ENABLE_ORYX_BUILD": "false"}).app_settings["ENABLE_ORYX_BUILD"] == "false"


ROUTER_TAG = {"durable-router-id": "router"}
PLAN_BODIES = {
    Hosting.FLEX: ("functionapp", OURS, {"name": "FC1", "tier": "FlexConsumption"}, {}),
    Hosting.PREMIUM: (
        "elastic",
        ROUTER_TAG,
        {"name": "EP1", "tier": "ElasticPremium"},
        {"maximumElasticWorkerCount": 20},
    ),
    Hosting.DEDICATED: ("linux", ROUTER_TAG, {"name": "P1v3", "tier": "PremiumV3"}, {}),
    Hosting.CONSUMPTION: ("functionapp", OURS, {"name": "Y1", "tier": "Dynamic"}, {}),
}


@pytest.mark.parametrize("hosting", Hosting)
def test_a_plan_goes_over_the_wire_as_its_kind(hosting):
    kind, tags, sku, more = PLAN_BODIES[hosting]
    assert plan_body(a_spec(hosting)) == {
        "location": "westeurope",
        "kind": kind,
        "tags": tags,
        "sku": sku,
        "properties": {"reserved": True, **more},
    }


@pytest.mark.parametrize("hosting", [one for one in Hosting if one is not Hosting.FLEX])
def test_an_app_off_flex_names_its_stack_and_has_no_flex_section(hosting):
    spec = a_spec(hosting)
    body = site_body(spec, spec.app_settings, "/plan")

    settings = [{"name": name, "value": value} for name, value in sorted({"A": "1", **BUILD}.items())]
    always_on = {"alwaysOn": True} if hosting is Hosting.DEDICATED else {}
    assert body["properties"] == {
        "serverFarmId": "/plan",
        "httpsOnly": True,
        "reserved": True,
        "siteConfig": {"appSettings": settings, "linuxFxVersion": "Python|3.11", **always_on},
    }


@pytest.mark.parametrize(
    ("properties", "version", "flex"),
    [
        ({"functionAppConfig": {"runtime": {"name": "python", "version": "3.12"}}}, "3.12", True),
        ({"sku": "FlexConsumption", "functionAppConfig": None}, "", True),
        ({"siteConfig": {"linuxFxVersion": "Python|3.9"}, "sku": "Dynamic"}, "3.9", False),
        ({"siteConfig": {"linuxFxVersion": "PYTHON|3.9"}}, "3.9", False),
        ({"siteConfig": {"linuxFxVersion": "DOCKER|image"}}, "", False),
        ({"siteConfig": None}, "", False),
    ],
)
def test_the_runtime_is_read_wherever_the_kind_of_plan_has_it(properties, version, flex):
    assert observed_site({"properties": properties}, {}).runtime_version == version
    assert is_flex({"properties": properties}) is flex


@pytest.mark.parametrize(
    ("size", "tier"),
    [
        ("FC1", "FlexConsumption"),
        ("EP3", "ElasticPremium"),
        ("Y1", "Dynamic"),
        ("B1", "Basic"),
        ("s2", "Standard"),
        ("P1v2", "PremiumV2"),
        ("P0v3", "PremiumV3"),
    ],
)
def test_a_size_belongs_to_a_tier(size, tier):
    assert tier_of(size) == tier


def test_a_size_that_is_none_is_refused():
    with pytest.raises(ValueError, match="D1"):
        tier_of("D1")


def test_only_linux_consumption_is_warned_of():
    assert {hosting for hosting in Hosting if TRAITS[hosting].warning} == {Hosting.CONSUMPTION}
    assert "2028-09-30" in TRAITS[Hosting.CONSUMPTION].warning


def ensured(place, spec: AppSpec) -> str:
    result = place.platform.ensure_app(spec)
    for _ in range(50):
        if isinstance(result, Ready):
            return result.app.name
        result = place.platform.ensure_app(spec, result.continuation)
    raise AssertionError(f"still pending: {result}")


def on(place, hosting: Hosting, line: str) -> AppSpec:
    spec = place.spec(line=line, hosting=hosting)
    return dataclasses.replace(spec, plan_name=choose_plan_name(spec.name, place.settings.router_id, hosting))


@pytest.mark.parametrize("hosting", [Hosting.PREMIUM, Hosting.DEDICATED], ids=str)
def test_apps_on_a_shared_plan_leave_it_to_each_other(place, hosting):
    first, second = on(place, hosting, "1.0"), on(place, hosting, "1.1")
    assert first.plan_name == second.plan_name
    ensured(place, first)
    ensured(place, second)
    arm = place.platform._arm

    for spec in (first, second):
        deleted = place.platform.ensure_absent(spec.name, spec.tags)

        assert deleted == (f"app {spec.name}",)
        # Also with its last app: it is what all later ones will run on.
        assert arm.get_plan(first.plan_name) is not None
    assert place.platform.ensure_absent(first.name, first.tags) == ()


def test_an_app_on_consumption_takes_its_plan_with_it(place):
    spec = on(place, Hosting.CONSUMPTION, "1.0")
    ensured(place, spec)

    place.platform.ensure_absent(spec.name, spec.tags)

    assert place.platform._arm.get_plan(spec.plan_name) is None


@pytest.mark.parametrize("hosting", [Hosting.PREMIUM, Hosting.CONSUMPTION], ids=str)
def test_an_app_off_flex_is_published_to_by_zipdeploy_and_serves(place, hosting, make_app, wait_until):
    name = ensured(place, on(place, hosting, "1.0"))

    deployment = place.platform.publish(name, make_app(), "a" * 64)
    assert deployment.startswith("latest?")

    def ended():
        state = place.platform.check_deployment(name, deployment)
        return None if state.status is DeploymentStatus.PENDING else state

    state = wait_until(ended)
    assert state == DeploymentState(DeploymentStatus.SUCCEEDED)
    health = wait_until(lambda: found if (found := place.platform.observe_health(name)).ready else None)
    assert "wait_for_go" in [function.name for function in health.functions]
