"""Apps off Flex Consumption that run from their package in storage, instead of having it sent and built."""

import dataclasses

import pytest

from provisioning import (
    AppSpec,
    AzurePlatform,
    DeploymentState,
    DeploymentStatus,
    Hosting,
    PermanentError,
    Ready,
    TemporaryError,
    choose_plan_name,
)
from provisioning.azure_backend.package_running import RunningApp, run_package
from provisioning.hosting import PublishMethod, choose_publish_method
from provisioning.package_libraries import lacks_libraries

IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/apps"
SETTING = "WEBSITE_RUN_FROM_PACKAGE"
METHODS = {
    (True, False): PublishMethod.ONE_DEPLOY,
    (True, True): PublishMethod.ONE_DEPLOY,
    (False, False): PublishMethod.ZIP_DEPLOY,
    (False, True): PublishMethod.RUN_FROM_PACKAGE,
}


@pytest.mark.parametrize(("flex", "run"), METHODS)
def test_the_kind_of_plan_and_the_setting_decide_how_a_package_gets_to_an_app(flex, run):
    assert choose_publish_method(flex=flex, run_from_package=run) is METHODS[flex, run]


def test_an_app_that_runs_from_packages_has_a_container_builds_nothing_and_knows_its_identity():
    spec = AppSpec(
        "a-b",
        "p",
        "g",
        "l",
        hosting=Hosting.CONSUMPTION,
        identity=IDENTITY,
        deployment_storage="https://acc.blob.core.windows.net/",
        run_from_package=True,
    )
    assert spec.container_url == "https://acc.blob.core.windows.net/app-a-b"
    assert dict(spec.app_settings) == {
        "FUNCTIONS_EXTENSION_VERSION": "~4",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "SCM_DO_BUILD_DURING_DEPLOYMENT": "false",
        "ENABLE_ORYX_BUILD": "false",
        "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID": IDENTITY,
    }
    sent = dataclasses.replace(spec, run_from_package=False)
    assert (sent.container_url, sent.app_settings["ENABLE_ORYX_BUILD"]) == (None, "true")
    flex = dataclasses.replace(spec, hosting=Hosting.FLEX)
    assert dict(flex.app_settings) == {}, "Flex refuses such settings"


LIBRARIES = {
    "asks for none": ({}, False),
    "asks for none, in words": ({"requirements.txt": "# nothing\n\n"}, False),
    "asks, and holds none": ({"requirements.txt": "httpx\n"}, True),
    "asks, and holds them": ({"requirements.txt": "httpx\n", ".python_packages/lib/site-packages/httpx.py": ""}, False),
}


@pytest.mark.parametrize(("files", "lacks"), LIBRARIES.values(), ids=LIBRARIES)
def test_a_package_that_nobody_builds_has_to_bring_its_libraries(make_app, files, lacks):
    assert lacks_libraries(make_app(**files)) is lacks


@pytest.fixture
def running(place):
    """The test's platform, with apps that run from packages in the test's folder."""
    settings = dataclasses.replace(place.settings, run_from=f"file://{place.directory}/deployments")
    place.platform = AzurePlatform(settings)
    return place


def made(step):
    result = step(None)
    while not (isinstance(result, Ready) or result is None):
        result = step(result.continuation)
    return result


def a_spec(place, hosting=Hosting.PREMIUM, **changes):
    spec = place.spec(hosting=hosting, run_from_package=True, **changes)
    return dataclasses.replace(spec, plan_name=choose_plan_name(spec.name, place.settings.router_id, hosting))


def served(place, wait_until, name, function):
    def is_served():
        health = place.platform.observe_health(name)
        return health.ready and function in [one.name for one in health.functions]

    return wait_until(is_served)


SECOND = """
import azure.functions as func

app = func.FunctionApp()

@app.route(route="second")
def second(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("second")
"""


@pytest.mark.parametrize("hosting", [Hosting.PREMIUM, Hosting.DEDICATED, Hosting.CONSUMPTION], ids=str)
def test_an_app_runs_the_package_that_is_put_into_its_container_and_takes_it_along(
    running, make_app, wait_until, hosting
):
    spec = a_spec(running, hosting)
    made(lambda continuation: running.platform.ensure_app(spec, continuation))

    first = running.platform.publish(spec.name, make_app(), "a" * 64)
    assert first == "run-from-package:" + "a" * 64
    assert running.platform.check_deployment(spec.name, first) == DeploymentState(DeploymentStatus.SUCCEEDED)
    served(running, wait_until, spec.name, "wait_for_go")
    container = running.directory / "deployments" / f"app-{spec.name}"
    settings = running.platform._arm.settings_of(spec.name)
    assert settings[SETTING] == f"{container.as_uri()}/{'a' * 64}.zip"
    assert running.platform._arm.get_site(spec.name)["tags"]["durable-router-package"] == "a" * 64

    # A change of the app's settings does not take its package away, and a patch replaces it.
    changed = dataclasses.replace(spec, settings={**spec.settings, "MORE": "1"})
    made(lambda continuation: running.platform.ensure_app(changed, continuation))
    assert running.platform._arm.settings_of(spec.name)[SETTING] == settings[SETTING]
    second = running.platform.publish(spec.name, make_app(SECOND, "second.zip"), "b" * 64)
    served(running, wait_until, spec.name, "second")
    assert running.platform.check_deployment(spec.name, second).status is DeploymentStatus.SUCCEEDED
    replaced = "the app was told to run from another package since"
    assert running.platform.check_deployment(spec.name, first) == DeploymentState(DeploymentStatus.FAILED, replaced)

    deleted = running.platform.ensure_absent(spec.name, spec.tags)
    assert f"container app-{spec.name}" in deleted
    assert not container.exists()


def test_a_package_goes_from_a_slot_into_production(running, make_app, wait_until):
    spec = a_spec(running)
    made(lambda continuation: running.platform.ensure_app(spec, continuation))
    made(lambda continuation: running.platform.ensure_slot(spec.name, "staging", continuation))
    deployment = running.platform.publish(spec.name, make_app(), "a" * 64, slot="staging")
    assert running.platform.check_deployment(spec.name, deployment, slot="staging").status == "succeeded"
    assert SETTING not in running.platform._arm.settings_of(spec.name)

    made(lambda continuation: running.platform.swap_slot(spec.name, "staging", continuation))

    served(running, wait_until, spec.name, "wait_for_go")


def test_an_app_goes_from_running_from_packages_to_having_them_sent_and_back(running, make_app, wait_until):
    spec = a_spec(running)
    made(lambda continuation: running.platform.ensure_app(spec, continuation))
    running.platform.publish(spec.name, make_app(), "a" * 64)
    sending = AzurePlatform(running.settings)
    made(lambda continuation: sending.ensure_app(dataclasses.replace(spec, run_from_package=False), continuation))

    with pytest.raises(TemporaryError, match="takes that setting away first"):
        sending.publish(spec.name, make_app(SECOND), "b" * 64)
    deployment = sending.publish(spec.name, make_app(SECOND), "b" * 64)
    wait_until(lambda: sending.check_deployment(spec.name, deployment).status is DeploymentStatus.SUCCEEDED)
    served(running, wait_until, spec.name, "second")

    made(lambda continuation: running.platform.ensure_app(spec, continuation))
    running.platform.publish(spec.name, make_app(), "a" * 64)
    served(running, wait_until, spec.name, "wait_for_go")


def test_a_package_without_its_libraries_is_refused_before_anything_changes(running, make_app):
    spec = a_spec(running)
    made(lambda continuation: running.platform.ensure_app(spec, continuation))

    with pytest.raises(PermanentError, match="brings no libraries") as caught:
        running.platform.publish(spec.name, make_app(**{"requirements.txt": "httpx\n"}), "a" * 64)

    assert caught.value.code == "package_not_built"
    assert SETTING not in running.platform._arm.settings_of(spec.name)


def test_a_package_is_put_into_a_blob_container_once(azurite, azurite_key, make_app, tmp_path):
    """Against Azurite, with its key: what differs in Azure is only whose token it is."""
    from azure.core.credentials import AzureNamedKeyCredential

    from provisioning.azure_backend.containers import Containers

    class Settings:
        written: list[dict[str, str]] = []  # noqa: RUF012

        def read(self):
            return self.written[-1] if self.written else {"A": "1"}

        def write(self, settings):
            self.written.append(settings)

    restarts = []
    containers = Containers(AzureNamedKeyCredential("devstoreaccount1", azurite_key))
    app = RunningApp("a-b", f"{azurite}/app-a-b", Settings(), lambda: restarts.append(1))
    for _ in range(2):
        assert run_package(app, containers, make_app(), "c" * 64) == "run-from-package:" + "c" * 64

    assert Settings.written == [{"A": "1", SETTING: f"{azurite}/app-a-b/{'c' * 64}.zip"}]
    assert len(restarts) == 2, "whoever died before the restart comes back to it"
    assert containers.ensure_absent(app.container)


def test_an_app_runs_a_blob_that_a_signature_opens(running, azurite, azurite_key, make_app, wait_until):
    """As scripts do it that have no identity; the blob is in Azurite."""
    from datetime import UTC, datetime, timedelta

    from azure.core.credentials import AzureNamedKeyCredential
    from azure.storage.blob import BlobSasPermissions, generate_blob_sas

    from provisioning.azure_backend.containers import Containers

    containers = Containers(AzureNamedKeyCredential("devstoreaccount1", azurite_key))
    containers.ensure(f"{azurite}/signed")
    containers.put(f"{azurite}/signed", "app.zip", make_app(SECOND))
    signature = generate_blob_sas(
        "devstoreaccount1",
        "signed",
        "app.zip",
        account_key=azurite_key,
        permission=BlobSasPermissions(read=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    spec = a_spec(running)
    made(lambda continuation: running.platform.ensure_app(spec, continuation))
    arm = running.platform._arm

    for url, is_opened in ((f"{azurite}/signed/app.zip", False), (f"{azurite}/signed/app.zip?{signature}", True)):
        arm.put_settings(spec.name, {**arm.settings_of(spec.name), SETTING: url})
        if is_opened:
            served(running, wait_until, spec.name, "second")
        else:
            wait_until(lambda: "answered" in running.platform.observe_health(spec.name).reason)


def test_an_app_that_never_got_a_package_leaves_no_container_behind(running):
    spec = a_spec(running)
    made(lambda continuation: running.platform.ensure_app(spec, continuation))
    container = running.directory / "deployments" / f"app-{spec.name}"
    assert container.is_dir()

    assert f"container app-{spec.name}" in running.platform.ensure_absent(spec.name, spec.tags)

    assert not container.exists()
