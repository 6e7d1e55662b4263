"""The pure planner of app steps, names and ownership."""

import dataclasses
import re
from itertools import product

import pytest

from provisioning import AppSpec, app_name, candidate_names, deployment_storage_beside, ownership_tags, plan_name
from provisioning.planning import (
    CheckName,
    CreateGroup,
    EnsureContainer,
    Observed,
    ObservedPlan,
    ObservedSite,
    PutPlan,
    PutSettings,
    PutSite,
    Refuse,
    StartSite,
    plan_steps,
)
from provisioning.spec import MAX_NAME_LENGTH, ownership_mismatch

OURS = ownership_tags("router", "orders", "1.4", 2)
STORAGE = "https://account.blob.core.windows.net"


def a_spec(**changes) -> AppSpec:
    fields = {"settings": {"A": "1"}, "tags": OURS, "identity": "/id/Apps", "deployment_storage": STORAGE}
    return AppSpec("orders-app", "plan-orders-app", "rg", "westeurope", **{**fields, **changes})


def a_site(**changes) -> ObservedSite:
    site = ObservedSite(
        host="orders-app.azurewebsites.net",
        state="Running",
        tags=OURS,
        settings={"A": "1"},
        plan="plan-orders-app",
        identity="/id/Apps",
        runtime_version="3.11",
        deployment_container=f"{STORAGE}/app-orders-app",
        instance_memory_mb=2048,
        maximum_instance_count=100,
    )
    return dataclasses.replace(site, **changes)


NOT_OURS = "exists and is not this line's"
STRANGER = ownership_tags("somebody", "orders", "1.4", 2)
FULL_PUT = (EnsureContainer(), PutSite({"A": "1"}))

PLANS = {
    "nothing at all": (
        Observed(group_exists=False),
        (CreateGroup(), CheckName(), PutPlan(), EnsureContainer(), PutSite({"A": "1"})),
    ),
    "a group": (Observed(), (CheckName(), PutPlan(), EnsureContainer(), PutSite({"A": "1"}))),
    "a plan": (Observed(plan=ObservedPlan(OURS)), FULL_PUT),
    "a plan of somebody else": (
        Observed(plan=ObservedPlan(STRANGER)),
        (Refuse(f"plan plan-orders-app {NOT_OURS}: tag durable-router-id is 'somebody', not 'router'"),),
    ),
    "all of it": (Observed(a_site()), ()),
    "all of it, in Azure's spelling": (
        Observed(a_site(plan="Plan-Orders-App", identity="/ID/apps", state="running")),
        (),
    ),
    "stopped": (Observed(a_site(state="Stopped")), (StartSite(),)),
    "a setting is missing": (Observed(a_site(settings={})), (PutSettings({"A": "1"}),)),
    "a setting is stale and one is an admin's": (
        Observed(a_site(settings={"A": "0", "B": "2"})),
        (PutSettings({"A": "1", "B": "2"}),),
    ),
    "a setting more does not matter": (Observed(a_site(settings={"A": "1", "B": "2"})), ()),
    "a tag more does not matter": (Observed(a_site(tags={**OURS, "cost": "x"})), ()),
    "another runtime": (Observed(a_site(runtime_version="3.10")), FULL_PUT),
    "another size": (Observed(a_site(instance_memory_mb=4096)), FULL_PUT),
    "another limit": (Observed(a_site(maximum_instance_count=40)), FULL_PUT),
    "no identity": (Observed(a_site(identity=None)), FULL_PUT),
    "another container": (Observed(a_site(deployment_container="https://x/y")), FULL_PUT),
    "another plan": (Observed(a_site(plan="other")), FULL_PUT),
    "wrong in two ways, and stopped": (
        Observed(a_site(runtime_version="3.10", settings={"B": "2"}, state="Stopped")),
        (EnsureContainer(), PutSite({"A": "1", "B": "2"}), StartSite()),
    ),
    "somebody else's app": (
        Observed(a_site(tags=STRANGER)),
        (Refuse("app orders-app exists and is not this line's: tag durable-router-id is 'somebody', not 'router'"),),
    ),
    "an app without tags": (
        Observed(a_site(tags={})),
        (Refuse("app orders-app exists and is not this line's: tag durable-router-id is None, not 'router'"),),
    ),
}


@pytest.mark.parametrize(("observed", "steps"), PLANS.values(), ids=PLANS)
def test_the_steps_lead_from_what_is_there_to_what_should_be(observed, steps):
    assert plan_steps(a_spec(), observed) == steps


def test_tags_beyond_ownership_are_corrected_not_refused():
    assert plan_steps(a_spec(tags={**OURS, "team": "x"}), Observed(a_site())) == FULL_PUT


def test_without_deployment_storage_no_container_is_made():
    assert plan_steps(a_spec(deployment_storage=None), Observed(plan=ObservedPlan(OURS))) == (PutSite({"A": "1"}),)


def test_steps_and_specs_do_not_show_settings():
    secret = a_spec(settings={"PASSWORD": "hunter2"})
    steps = plan_steps(secret, Observed(a_site()))

    assert "hunter2" not in repr(secret) + repr(steps) + repr(a_site(settings={"PASSWORD": "hunter2"}))


NAMES = [
    ("router", "orders", "1.4", 2),
    ("router", "a", "0.1", 1),
    ("router", "a-very-long-application-x", "10.20.30rc1", 12345),
    ("router", "ends-where-it-is-cut", "1", 1),
    ("ROUTER/with odd:chars", "orders", "1.4", 2),
]


@pytest.mark.parametrize("parts", NAMES, ids=str)
def test_names_are_short_begin_with_a_letter_and_are_valid_host_names(parts):
    name = app_name(*parts)

    assert len(name) <= MAX_NAME_LENGTH
    assert name[0].isalpha()
    assert re.fullmatch(r"[a-z0-9-]+", name)
    assert "--" not in name
    assert not name.endswith("-")
    assert app_name(*parts) == name


def test_names_do_not_collide_even_without_punctuation():
    routers, applications = ("r", "r1"), ("app-1", "app-11", "app", "app-1-1", "a" * 24, "a" * 23)
    lines, generations, salts = ("12", "2", "1.2", "1.12", "11.2", "1.2.0rc1"), (1, 2, 12), ("", "sub/rg")
    names = {
        app_name(router, application, line, generation, salt=salt).replace("-", "")
        for router, application, line, generation, salt in product(routers, applications, lines, generations, salts)
    }

    assert len(names) == len(routers) * len(applications) * len(lines) * len(generations) * len(salts)


@pytest.mark.parametrize("parts", NAMES, ids=str)
def test_the_names_to_fall_back_on_are_as_good_and_always_the_same(parts):
    names = candidate_names(app_name(*parts))

    assert names[0] == app_name(*parts)
    assert len(set(names)) == 5
    assert names == candidate_names(app_name(*parts))
    for name in names:
        assert len(name) <= MAX_NAME_LENGTH
        assert re.fullmatch(r"[a-z](-?[a-z0-9])+", name)


def test_known_names_to_fall_back_on_do_not_change():
    # As names themselves: with others the router would make a second app beside the first.
    assert candidate_names("orders-1-4-g2-o4fsqgfdf5") == (
        "orders-1-4-g2-o4fsqgfdf5",
        "orders-1-4-g2-unzz2dccji",
        "orders-1-4-g2-6dxm3n2ma3",
        "orders-1-4-g2-vv6jrsvexa",
        "orders-1-4-g2-k3o7yol3oc",
    )


def test_a_known_name_does_not_change():
    # Names are how a router finds its apps again: another derivation would orphan them all.
    assert app_name("router", "orders", "1.4", 2, salt="sub/rg") == "orders-1-4-g2-o4fsqgfdf5"
    assert plan_name("orders-app") == "plan-orders-app"


@pytest.mark.parametrize("tag", OURS)
def test_each_ownership_tag_has_to_match(tag):
    assert ownership_mismatch(OURS, {**OURS, tag: "other"}) == f"tag {tag} is 'other', not {OURS[tag]!r}"
    assert ownership_mismatch(OURS, {**OURS, "more": "x"}) is None


@pytest.mark.parametrize(
    ("store", "storage"),
    [
        ("https://account.blob.core.windows.net/router", "https://account.blob.core.windows.net"),
        ("file:///var/router/", "file:///var/router/deployments"),
    ],
)
def test_deployed_packages_go_beside_the_routers_own_store(store, storage):
    assert deployment_storage_beside(store) == storage
