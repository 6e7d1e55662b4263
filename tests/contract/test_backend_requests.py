"""All that the router's Azure backend sends in the whole life of an app, held against the published contracts."""

import dataclasses
import functools
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from differences import BEYOND_CONTRACT, has_no_contract, is_meant_beyond
from exchanges import Exchange, listening
from verdicts import mistakes, without_contract

from provisioning import (
    AppSpec,
    AzurePlatform,
    AzureSettings,
    DeploymentStatus,
    Hosting,
    Pending,
    Ready,
    TemporaryError,
    app_name,
    ownership_tags,
    plan_name,
)
from provisioning.azure_backend.arm import Arm
from provisioning.azure_backend.arm_slots import ArmSlots

APP = """
import azure.functions as func
import azure.durable_functions as df

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.orchestration_trigger(context_name="context")
def nothing(context):
    return None
"""
GROUP = "backend"
IDENTITY = "/subscriptions/s/resourceGroups/shared/providers/Microsoft.ManagedIdentity/userAssignedIdentities/versions"


def package_in(folder: Path, **files: str) -> Path:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in {"host.json": '{"version": "2.0"}', "function_app.py": APP, **files}.items():
            archive.writestr(name, text)
    package = folder / "package.zip"
    package.write_bytes(content.getvalue())
    return package


def a_spec(folder: Path, **changes: object) -> AppSpec:
    name = app_name("router", "orders", "1.0", 1, salt=GROUP)
    spec = AppSpec(
        name,
        plan_name(name),
        GROUP,
        "westeurope",
        settings={"GREETING": "hello"},
        tags=ownership_tags("router", "orders", "1.0", 1),
        identity=IDENTITY,
        deployment_storage=f"file://{folder}",
    )
    return dataclasses.replace(spec, **changes)


def ensured(platform: AzurePlatform, spec: AppSpec) -> None:
    result = platform.ensure_app(spec)
    while not isinstance(result, Ready):
        result = platform.ensure_app(spec, result.continuation)


def deployed(platform: AzurePlatform, app: str, package: Path) -> DeploymentStatus:
    deployment = platform.publish(app, package)
    while (state := platform.check_deployment(app, deployment)).status is DeploymentStatus.PENDING:
        time.sleep(0.05)
    return state.status


def calls_of(kind: type) -> dict[str, Callable[..., object]]:
    """The public methods of a class."""
    return {name: call for name, call in vars(kind).items() if callable(call) and not name.startswith("_")}


@contextmanager
def noting_calls(*kinds: type) -> Iterator[set[str]]:
    """Note which public methods of the classes are called."""
    called: set[str] = set()

    def noting(name: str, call: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(call)
        def noted(*args: object, **more: object) -> object:
            called.add(name)
            return call(*args, **more)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for kind in kinds:
            for name, call in calls_of(kind).items():
                patch.setattr(kind, name, noting(f"{kind.__name__}.{name}", call))
        yield called


@dataclasses.dataclass(frozen=True)
class Life:
    """What a platform did and said over the life of its apps."""

    traffic: list[Exchange]
    called: set[str]


@pytest.fixture(scope="module")
def life(real_plane, real_azure, tmp_path_factory) -> Life:
    """Live the lives of apps: made, changed, deployed, failed, looked at, listed, swapped, locked, removed."""
    folder = tmp_path_factory.mktemp("backend")
    bootstrap = real_plane.bootstrap
    settings = AzureSettings(bootstrap["subscriptionId"], GROUP, "router", bootstrap["baseUrl"])
    with noting_calls(AzurePlatform, Arm, ArmSlots) as called, listening() as traffic:
        platform = AzurePlatform(settings)
        live_on_flex(platform, real_plane, real_azure, folder)
        live_with_slots(platform, real_plane, folder)
        run_from_packages(AzurePlatform(dataclasses.replace(settings, run_from=f"file://{folder}/runs")), folder)
    real_plane.clear_faults()
    return Life(traffic, called)


def live_on_flex(platform: AzurePlatform, plane, azure, folder: Path) -> None:
    spec = a_spec(folder)
    ensured(platform, spec)
    ensured(platform, dataclasses.replace(spec, settings={"GREETING": "good day"}))
    azure.web.web_apps.stop(GROUP, spec.name)
    ensured(platform, dataclasses.replace(spec, instance_memory_mb=4096))
    assert deployed(platform, spec.name, package_in(folder)) is DeploymentStatus.SUCCEEDED
    broken = package_in(folder, **{"requirements.txt": "no-requirement ==\n"})
    assert deployed(platform, spec.name, broken) is DeploymentStatus.FAILED
    while not platform.observe_health(spec.name).ready:
        time.sleep(0.05)
    assert platform.host_keys(spec.name).durable
    assert platform.host_of(spec.name)
    assert [owned.name for owned in platform.list_owned()] == [spec.name]
    plane.set_fault(f"**/sites/{spec.name}", "scope_locked", method="DELETE")
    with pytest.raises(TemporaryError, match="ScopeLocked"):
        platform.ensure_absent(spec.name, spec.tags)
    removed(platform, spec)
    assert platform.ensure_absent(spec.name, spec.tags) == ()
    # All that Azure may take its time for, as a platform that takes it.
    for kind, method in (("serverfarms", "PUT"), ("sites", "PUT"), ("sites", "DELETE"), ("serverfarms", "DELETE")):
        plane.set_fault(f"**/{kind}/*", "long_running", method=method, retryAfter=0)
    ensured(platform, spec)
    assert f"app {spec.name}" in removed(platform, spec)
    ensured(platform, spec)
    azure.web.web_apps.delete(GROUP, spec.name, delete_empty_server_farm=False)
    assert removed(platform, spec) == (f"plan {spec.plan_name}",)


def live_with_slots(platform: AzurePlatform, plane, folder: Path) -> None:
    plane.set_fault("**/slots/*", "long_running", method="PUT", retryAfter=0)
    spec = dataclasses.replace(a_spec(folder), hosting=Hosting.PREMIUM, plan_name="plan-router-premium")
    ensured(platform, spec)
    made(lambda continuation: platform.ensure_slot(spec.name, "staging", continuation))
    changed = dataclasses.replace(spec, settings={"GREETING": "good night"})
    ensured(platform, changed)
    made(lambda continuation: platform.ensure_slot(spec.name, "staging", continuation))
    deployment = platform.publish(spec.name, package_in(folder), slot="staging")
    while platform.check_deployment(spec.name, deployment, slot="staging").status is DeploymentStatus.PENDING:
        time.sleep(0.05)
    made(lambda continuation: platform.swap_slot(spec.name, "staging", continuation))
    removed(platform, spec)


def run_from_packages(platform: AzurePlatform, folder: Path) -> None:
    spec = dataclasses.replace(
        a_spec(folder), hosting=Hosting.PREMIUM, plan_name="plan-router-premium", run_from_package=True
    )
    ensured(platform, spec)
    made(lambda continuation: platform.ensure_slot(spec.name, "staging", continuation))
    for slot in ("", "staging"):
        deployment = platform.publish(spec.name, package_in(folder), "a" * 64, slot=slot)
        assert platform.check_deployment(spec.name, deployment, slot=slot).status is DeploymentStatus.SUCCEEDED
    removed(platform, spec)


def made(step: Callable[[str | None], Ready | Pending | None]) -> None:
    result = step(None)
    while isinstance(result, Pending):
        result = step(result.continuation)


def removed(platform: AzurePlatform, spec: AppSpec) -> tuple[str, ...]:
    result = platform.ensure_absent(spec.name, spec.tags)
    while isinstance(result, Pending):
        result = platform.ensure_absent(spec.name, spec.tags, result.continuation)
    return result


def to_resource_manager(life: Life, plane) -> list[Exchange]:
    return [
        one
        for one in life.traffic
        if one.origin == plane.bootstrap["baseUrl"] and one.path.startswith("/subscriptions/")
    ]


def test_every_call_of_resource_manager_is_as_the_contracts_have_it(contracts, life, real_plane):
    traffic = to_resource_manager(life, real_plane)

    assert len(traffic) > 150
    assert [mistake for mistake in mistakes(contracts.all, traffic) if not is_meant_beyond(mistake)] == []
    assert [line for line in without_contract(contracts.all, traffic) if not has_no_contract(line)] == []


def test_every_entry_of_the_list_beyond_the_contracts_is_needed(contracts, life, real_plane):
    traffic = to_resource_manager(life, real_plane)
    found = mistakes(contracts.all, traffic)
    assert [entry.reason for entry in BEYOND_CONTRACT if not any(entry.covers(one) for one in found)] == []


def test_every_call_that_the_backend_can_make_was_made(life):
    kinds = (AzurePlatform, Arm, ArmSlots)
    assert life.called == {f"{kind.__name__}.{name}" for kind in kinds for name in calls_of(kind)}


def test_the_versions_of_the_interface_are_those_of_the_contracts(life, real_plane, contracts):
    def version(exchange: Exchange) -> tuple[str, str | None]:
        if has_no_contract(exchange.path):
            return "none", ""
        provider = "Web" if contracts.web.find(exchange.method, exchange.path) else "Resources"
        return provider, exchange.query.get("api-version")

    asked = {version(one) for one in to_resource_manager(life, real_plane)}

    assert asked == {("Web", "2025-05-01"), ("Resources", "2025-04-01"), ("none", "")}


def test_the_life_had_every_call_that_the_backend_knows(contracts, life, real_plane):
    operations = {
        operation.name
        for one in to_resource_manager(life, real_plane)
        for contract in (contracts.web, contracts.resources)
        if (operation := contract.find(one.method, one.path))
    }

    assert operations == {
        "AppServicePlans_CreateOrUpdate",
        "AppServicePlans_Delete",
        "AppServicePlans_Get",
        "Openapis_CheckNameAvailability",
        "ResourceGroups_CheckExistence",
        "ResourceGroups_CreateOrUpdate",
        "ResourceGroups_ResourcesListByResourceGroup",
        "WebApps_CreateOrUpdate",
        "WebApps_CreateOrUpdateSlot",
        "WebApps_Delete",
        "WebApps_Get",
        "WebApps_GetSlot",
        "WebApps_ListApplicationSettings",
        "WebApps_ListApplicationSettingsSlot",
        "WebApps_ListHostKeys",
        "WebApps_ListSlotConfigurationNames",
        "WebApps_ListSlots",
        "WebApps_Restart",
        "WebApps_RestartSlot",
        "WebApps_Start",
        "WebApps_Stop",
        "WebApps_SwapSlotSlot",
        "WebApps_SyncFunctionTriggers",
        "WebApps_SyncFunctionTriggersSlot",
        "WebApps_Update",
        "WebApps_UpdateApplicationSettings",
        "WebApps_UpdateApplicationSettingsSlot",
        "WebApps_UpdateSlotConfigurationNames",
    }
