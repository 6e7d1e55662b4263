"""The Azure backend against the local control plane with real hosts: the SDKs, the wire and the processes are real."""

import dataclasses
import json
import subprocess
import sys
import time

import httpx
import pytest

from provisioning import (
    AppFunction,
    AppHealth,
    AppSpec,
    DeploymentState,
    DeploymentStatus,
    NotOursError,
    OwnedApp,
    PermanentError,
    Ready,
    TriggerKind,
    VersionAppRef,
    candidate_names,
    ownership_tags,
)
from provisioning.azure_backend.bodies import plan_body, site_body

FUNCTIONS = (
    AppFunction("counter", TriggerKind.ENTITY),
    AppFunction("greet", TriggerKind.ACTIVITY),
    AppFunction("hello", TriggerKind.HTTP),
    AppFunction("wait_for_go", TriggerKind.ORCHESTRATOR),
)


def ensured(place, spec: AppSpec) -> VersionAppRef:
    """Drive ensure_app as the router's saga does."""
    result = place.platform.ensure_app(spec)
    for _ in range(50):
        if isinstance(result, Ready):
            return result.app
        result = place.platform.ensure_app(spec, result.continuation)
    raise AssertionError(f"still pending: {result}")


def deployed(place, name: str, package) -> DeploymentState:
    """Publish and wait for the end of the deployment."""
    deployment = place.platform.publish(name, package)
    for _ in range(600):
        state = place.platform.check_deployment(name, deployment)
        if state.status is not DeploymentStatus.PENDING:
            return state
        time.sleep(0.1)
    raise AssertionError(f"still pending: {state}")


def healthy(place, name: str) -> AppHealth:
    """Wait until the app is ready."""
    for _ in range(600):
        health = place.platform.observe_health(name)
        if health.ready:
            return health
        time.sleep(0.1)
    raise AssertionError(f"still not ready: {health}")


def tags_of(spec: AppSpec) -> dict[str, str]:
    return dict(spec.tags)


def test_an_app_is_made_published_to_found_healthy_and_removed(place, make_app):
    spec = place.spec()

    app = ensured(place, spec)

    assert app.name == spec.name
    assert deployed(place, app.name, make_app()) == DeploymentState(DeploymentStatus.SUCCEEDED)
    health = healthy(place, app.name)
    assert (health.state, health.functions, health.reason) == ("Running", FUNCTIONS, "")
    keys = place.platform.host_keys(app.name)
    assert httpx.get(f"http://{app.host}/api/hello").status_code == 401
    assert httpx.get(f"http://{app.host}/api/hello", headers={"x-functions-key": keys.default}).text == "hello"
    assert keys.durable
    assert not any(key in repr(keys) for key in (keys.master, keys.durable, keys.default))
    assert place.platform.list_owned() == (OwnedApp(app.name, tags_of(spec)),)

    deleted = place.platform.ensure_absent(app.name, spec.tags)

    assert deleted == (f"container app-{app.name}", f"app {app.name}")
    assert not (place.directory / "deployments" / f"app-{app.name}").exists()
    assert place.platform.ensure_absent(app.name, spec.tags) == ()
    assert place.platform.list_owned() == ()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://{app.host}/api/hello")


def group_only(place, spec):
    place.platform._arm.create_group(spec.location)


def group_and_plan(place, spec):
    group_only(place, spec)
    place.platform._arm.put_plan(spec.plan_name, plan_body(spec))


def everything(place, spec):
    ensured(place, spec)


def stopped(place, spec):
    ensured(place, spec)
    place.platform._arm.stop(spec.name)


def without_settings(place, spec):
    group_and_plan(place, spec)
    body = site_body(spec, {}, place.platform._arm.plan_id(spec.plan_name))
    place.platform._arm.put_site(spec.name, body)


def of_another_size(place, spec):
    ensured(place, dataclasses.replace(spec, instance_memory_mb=4096))


HALF_MADE = [group_only, group_and_plan, everything, stopped, without_settings, of_another_size]


@pytest.mark.parametrize("begin", HALF_MADE, ids=lambda begin: begin.__name__)
def test_an_app_converges_from_a_half_made_state(place, begin):
    spec = place.spec()
    begin(place, spec)

    app = ensured(place, spec)

    arm = place.platform._arm
    site = arm.get_site(spec.name)
    assert site["properties"]["state"] == "Running"
    assert site["properties"]["functionAppConfig"]["scaleAndConcurrency"]["instanceMemoryMB"] == 2048
    assert site["tags"] == tags_of(spec)
    assert arm.settings_of(spec.name)["GREETING"] == "hello"
    # And nothing is left to do: the second time is one look.
    assert place.platform.ensure_app(spec) == Ready(app)


def test_settings_that_an_admin_added_survive_a_change_of_ours(place):
    spec = place.spec()
    ensured(place, spec)
    arm = place.platform._arm
    arm.put_settings(spec.name, {**arm.settings_of(spec.name), "ADDED_BY_HAND": "1"})

    ensured(place, dataclasses.replace(spec, settings={"GREETING": "good day"}))

    settings = arm.settings_of(spec.name)
    assert (settings["GREETING"], settings["ADDED_BY_HAND"]) == ("good day", "1")


@pytest.mark.parametrize(
    "continuation", ["", "rubbish", '{"operation":"site","token":"bm8="}', '{"operation":"settle","token":""}']
)
def test_a_lost_or_damaged_continuation_does_no_harm(place, continuation):
    assert isinstance(place.platform.ensure_app(place.spec(), continuation), Ready)


def test_an_app_of_another_router_is_neither_changed_nor_published_to_nor_deleted(place, make_app):
    spec = place.spec()
    ensured(place, spec)
    stranger = place.another_router()
    theirs = ownership_tags("another", "orders", "1.0", 1)

    for attempt in (
        lambda: stranger.platform.ensure_app(dataclasses.replace(spec, tags=theirs)),
        lambda: stranger.platform.publish(spec.name, make_app()),
        lambda: stranger.platform.ensure_absent(spec.name, theirs),
        lambda: place.platform.ensure_absent(spec.name, ownership_tags("router-under-test", "orders", "1.0", 2)),
    ):
        with pytest.raises(NotOursError) as caught:
            attempt()
        assert caught.value.code == "not_ours"
    assert place.platform._arm.get_site(spec.name)["properties"]["state"] == "Running"
    assert stranger.platform.list_owned() == ()


def test_nothing_is_deleted_when_not_all_ownership_tags_are_named(place):
    spec = place.spec()
    ensured(place, spec)

    with pytest.raises(NotOursError):
        place.platform.ensure_absent(spec.name, {"durable-router-id": "router-under-test"})


def test_a_removal_that_was_cut_short_after_the_app_still_removes_the_plan(place):
    spec = place.spec()
    ensured(place, spec)
    place.platform._arm.web.web_apps.delete(place.settings.resource_group, spec.name, delete_empty_server_farm=False)

    assert place.platform.ensure_absent(spec.name, spec.tags) == (f"plan {spec.plan_name}",)


@pytest.fixture
def elsewhere(place, tmp_path):
    """Another resource group of the same platform, where the same names are wanted."""
    settings = dataclasses.replace(place.settings, resource_group=f"{place.settings.resource_group}-b")
    return type(place)(type(place.platform)(settings), settings, tmp_path / "elsewhere")


def test_an_app_whose_name_somebody_else_has_gets_the_next_one_and_is_found_again(place, elsewhere, make_app):
    spec = dataclasses.replace(place.spec(), resource_group=elsewhere.settings.resource_group)
    ensured(place, place.spec())
    # So that the same names do not lead to the same containers.
    spec = dataclasses.replace(spec, deployment_storage=f"file://{elsewhere.directory}/deployments")

    app = ensured(elsewhere, spec)

    assert app.name == candidate_names(spec.name)[1]
    assert elsewhere.platform.ensure_app(spec) == Ready(app)
    assert type(elsewhere.platform)(elsewhere.settings).ensure_app(spec) == Ready(app)
    assert elsewhere.platform.list_owned() == (OwnedApp(app.name, tags_of(spec)),)
    assert deployed(elsewhere, app.name, make_app()) == DeploymentState(DeploymentStatus.SUCCEEDED)
    # A removal that knows only the first choice, as after a deploy that failed early, finds it too.
    assert f"app {app.name}" in elsewhere.platform.ensure_absent(spec.name, spec.tags)
    assert elsewhere.platform.list_owned() == ()
    assert elsewhere.platform._arm.get_plan(spec.plan_name) is None
    assert place.platform._arm.get_site(spec.name)["properties"]["state"] == "Running"


def test_an_app_all_of_whose_names_are_taken_is_refused(place, elsewhere):
    for name in candidate_names(place.spec().name):
        ensured(place, place.spec(name=name, plan_name=f"plan-{name}"))
    spec = dataclasses.replace(place.spec(), resource_group=elsewhere.settings.resource_group)

    with pytest.raises(PermanentError, match="none of the 5 names") as caught:
        elsewhere.platform.ensure_app(spec)

    assert caught.value.code == "name_taken"


def test_a_package_that_does_not_start_is_not_ready_and_the_reason_is_its_traceback(place, make_app):
    spec = place.spec()
    ensured(place, spec)
    deployed(place, spec.name, make_app("import azure.functions as func\nraise RuntimeError('no such luck')\n"))

    health = place.platform.observe_health(spec.name)
    for _ in range(300):
        if "no such luck" in health.reason:
            break
        time.sleep(0.1)
        health = place.platform.observe_health(spec.name)

    assert not health.ready
    assert "no such luck" in health.reason


def test_an_app_without_a_package_is_not_ready(place):
    spec = place.spec()
    ensured(place, spec)

    health = place.platform.observe_health(spec.name)

    assert not health.ready
    assert health.reason


def test_a_failed_build_shows_the_end_of_its_log(place, make_app):
    spec = place.spec()
    ensured(place, spec)

    state = deployed(place, spec.name, make_app(**{"requirements.txt": "not-a-requirement ==\n"}))

    assert state.status is DeploymentStatus.FAILED
    assert "requirement" in state.message


def test_an_unknown_deployment_is_pending_as_early_404s_are_normal(place):
    spec = place.spec()
    ensured(place, spec)

    state = place.platform.check_deployment(spec.name, "34bf9c6a-75c1-47d0-9f1a-b2192def1314")

    assert state.status is DeploymentStatus.PENDING


def test_publishing_to_an_app_that_is_not_there_is_permanent(place, make_app):
    place.platform._arm.create_group("westeurope")

    with pytest.raises(PermanentError) as caught:
        place.platform.publish("no-such-app", make_app())

    assert caught.value.code == "app_missing"


def test_importing_the_package_loads_no_azure_sdk():
    script = "import provisioning, sys, json; print(json.dumps([m for m in sys.modules if m.startswith('azure')]))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert json.loads(answer.stdout) == []


def test_a_resource_manager_without_tls_is_refused_unless_it_is_on_this_machine(place):
    with pytest.raises(ValueError, match="https"):
        dataclasses.replace(place.settings, arm_endpoint="http://arm.example.com")
