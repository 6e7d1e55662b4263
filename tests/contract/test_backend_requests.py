"""All that the router's Azure backend sends in the whole life of an app, held against the published contracts."""

import dataclasses
import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from exchanges import Exchange, listening
from verdicts import mistakes, without_contract

from provisioning import (
    AppSpec,
    AzurePlatform,
    AzureSettings,
    DeploymentStatus,
    Ready,
    app_name,
    ownership_tags,
    plan_name,
)

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


@pytest.fixture(scope="module")
def life(real_plane, real_azure, tmp_path_factory) -> Iterator[list[Exchange]]:
    """Live the life of an app: made, changed, deployed, failed, looked at, listed, removed."""
    folder = tmp_path_factory.mktemp("backend")
    bootstrap = real_plane.bootstrap
    platform = AzurePlatform(AzureSettings(bootstrap["subscriptionId"], GROUP, "router", bootstrap["baseUrl"]))
    spec = a_spec(folder)
    with listening() as traffic:
        ensured(platform, spec)
        ensured(platform, dataclasses.replace(spec, settings={"GREETING": "good day"}))
        real_azure.web.web_apps.stop(GROUP, spec.name)
        ensured(platform, dataclasses.replace(spec, instance_memory_mb=4096))
        assert deployed(platform, spec.name, package_in(folder)) is DeploymentStatus.SUCCEEDED
        broken = package_in(folder, **{"requirements.txt": "no-requirement ==\n"})
        assert deployed(platform, spec.name, broken) is DeploymentStatus.FAILED
        while not platform.observe_health(spec.name).ready:
            time.sleep(0.05)
        assert platform.host_keys(spec.name).durable
        assert [owned.name for owned in platform.list_owned()] == [spec.name]
        assert platform.ensure_absent(spec.name, spec.tags)
        assert platform.ensure_absent(spec.name, spec.tags) == ()
        ensured(platform, spec)
        real_azure.web.web_apps.delete(GROUP, spec.name, delete_empty_server_farm=False)
        assert platform.ensure_absent(spec.name, spec.tags) == (f"plan {spec.plan_name}",)
    return traffic


def to_resource_manager(life: list[Exchange], plane) -> list[Exchange]:
    return [one for one in life if one.origin == plane.bootstrap["baseUrl"] and one.path.startswith("/subscriptions/")]


def test_every_call_of_resource_manager_is_as_the_contracts_have_it(contracts, life, real_plane):
    traffic = to_resource_manager(life, real_plane)

    assert len(traffic) > 40
    assert mistakes(contracts.all, traffic) == []
    assert without_contract(contracts.all, traffic) == []


def test_the_versions_of_the_interface_are_those_of_the_contracts(life, real_plane, contracts):
    def version(exchange: Exchange) -> tuple[str, str | None]:
        provider = "Web" if contracts.web.find(exchange.method, exchange.path) else "Resources"
        return provider, exchange.query.get("api-version")

    asked = {version(one) for one in to_resource_manager(life, real_plane)}

    assert asked == {("Web", "2025-05-01"), ("Resources", "2025-04-01")}


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
        "WebApps_Delete",
        "WebApps_Get",
        "WebApps_ListApplicationSettings",
        "WebApps_ListHostKeys",
        "WebApps_Start",
        "WebApps_Stop",
        "WebApps_UpdateApplicationSettings",
    }
