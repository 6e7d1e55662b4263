"""infra/ is read with a parser: it is whole, and gives the router what it needs and no more."""

import json
import re
from pathlib import Path

import pytest
from bicep_files import FILES, FUNCTIONS, INFRA, BicepFile, member, members, read, text_of, walk

from provisioning import AppSpec, app_name
from router_app.access import digest_key
from router_app.effects.apps import app_spec
from router_app.settings import Settings, read_settings

CHECKOUT = INFRA.parent
MAIN = read(INFRA / "main.bicep")


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def bicep(request: pytest.FixtureRequest) -> BicepFile:
    return read(request.param)


def test_a_file_that_is_no_bicep_is_found(tmp_path: Path) -> None:
    (tmp_path / "broken.bicep").write_text("param a string\nresource b 'x@1' = { name: }\n")
    assert read(tmp_path / "broken.bicep").errors()


def test_a_file_parses(bicep: BicepFile) -> None:
    assert bicep.errors() == []


def test_every_name_is_declared_and_every_declaration_is_used(bicep: BicepFile) -> None:
    known = bicep.names | bicep.loop_names() | FUNCTIONS
    assert bicep.references() - known == set()
    # A resource may stand for itself; what else nobody reads is left over.
    assert (set(bicep.params) | set(bicep.variables)) - bicep.references() == set()


def test_every_module_gets_the_parameters_it_declares(bicep: BicepFile) -> None:
    for module in bicep.modules.values():
        params = bicep.module_file(module).params
        given = set(members(member(module.body, "params")))
        assert given <= set(params), module.name
        assert {name for name, one in params.items() if not one.has_default} <= given, module.name


def test_every_output_that_is_read_is_declared(bicep: BicepFile) -> None:
    read_outputs = re.findall(r"\b(\w+)\.outputs\.(\w+)", text_of(bicep.root))
    for module, output in read_outputs:
        assert output in bicep.module_file(bicep.modules[module]).outputs, f"{module}.outputs.{output}"


def test_every_module_is_used() -> None:
    used = {MAIN.module_file(module).path for module in MAIN.modules.values()}
    assert used == set(FILES) - {MAIN.path}


def test_every_resource_has_a_provider_and_an_api_version(bicep: BicepFile) -> None:
    for resource in bicep.resources.values():
        assert re.fullmatch(r"Microsoft\.\w+(/\w+)+@20\d\d-\d\d-\d\d", resource.kind), resource.name


def test_secrets_are_marked_and_never_put_out() -> None:
    secret = {name for name, one in MAIN.params.items() if "secure" in one.decorators}
    assert secret == {"clientKeys", "releaseKeys", "adminKeys"}
    assert "secure" in read(INFRA / "modules" / "router.bicep").params["settings"].decorators
    for file in map(read, FILES):
        for output in file.outputs.values():
            put_out = {text_of(node) for node in walk(output.node) if node.type == "identifier"}
            assert not put_out & {*secret, "settings"}, output.name
            assert "listKeys" not in text_of(output.node)


# Who may do what, and where; docs/deploying.md says what for. AZURE.md's roles and no more.
HOST_STORAGE = {"storageBlobDataOwner", "storageQueueDataContributor", "storageTableDataContributor"}
GRANTS = {
    ("routerIdentity", "routerStorage"): HOST_STORAGE,
    ("versionsIdentity", "versionsStorage"): HOST_STORAGE,
    ("routerIdentity", "versionsStorage"): {
        "storageBlobDataContributor",
        "storageQueueDataContributor",
        "storageTableDataContributor",
    },
    ("routerIdentity", "versionsGroup"): {"websiteContributor", "webPlanContributor", "managedIdentityOperator"},
}
ROLE_IDS = {
    "websiteContributor": "de139f84-1756-47ae-9be6-808fbbe84772",
    "webPlanContributor": "2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b",
    "managedIdentityOperator": "f1a07417-d97a-45cb-824c-7a7467783830",
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
GROUP_OF = {"routerStorage": "routerGroup", "versionsStorage": "versionsGroup"}


def role_names(expression: str) -> set[str]:
    if expression in MAIN.variables:
        expression = text_of(MAIN.variables[expression].node)
    return set(re.findall(r"\broles\.(\w+)", expression))


def test_the_roles_are_these_and_no_more() -> None:
    granted = {}
    for module in MAIN.modules.values():
        params = members(member(module.body, "params"))
        if "roleIds" not in params:
            continue
        identity = text_of(params["principalId"]).removesuffix(".outputs.principalId")
        scope = text_of(member(module.body, "scope"))
        if "accountName" in params:
            account = text_of(params["accountName"]).removesuffix(".outputs.name")
            # A role on an account that is looked for in another group would not be found.
            assert scope == GROUP_OF[account] == text_of(member(MAIN.modules[account].body, "scope"))
            scope = account
        granted[identity, scope] = role_names(text_of(params["roleIds"]))
    assert granted == GRANTS


def test_roles_are_assigned_in_the_two_modules_for_it_alone() -> None:
    assigning = {file.name for file in FILES if "roleAssignments@" in file.read_text()}
    assert assigning == {"storage-roles.bicep", "group-roles.bicep"}
    roles = members(next(node for node in walk(MAIN.variables["roles"].node) if node.type == "object"))
    assert {name: text_of(value).strip("'") for name, value in roles.items()} == ROLE_IDS


def test_an_assignment_reaches_no_further_than_its_account_or_group() -> None:
    on_account = read(INFRA / "modules" / "storage-roles.bicep").resources["assignments"].body
    on_group = read(INFRA / "modules" / "group-roles.bicep").resources["assignments"].body
    assert text_of(member(on_account, "scope")) == "account"
    # Without a scope it is the group that the module is deployed to.
    assert "scope" not in members(on_group)
    assert "targetScope" not in (INFRA / "modules" / "group-roles.bicep").read_text()


def test_storage_takes_identities_only() -> None:
    properties = member(read(INFRA / "modules" / "storage.bicep").resources["account"].body, "properties")
    assert {name: text_of(value).strip("'") for name, value in members(properties).items()} == {
        "allowSharedKeyAccess": "false",
        "defaultToOAuthAuthentication": "true",
        "allowBlobPublicAccess": "false",
        "allowCrossTenantReplication": "false",
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": "true",
    }
    accounts = [file.name for file in FILES for one in read(file).resources.values() if "/storageAccounts@" in one.kind]
    assert sorted(accounts) == ["storage-roles.bicep", "storage.bicep"]


def test_the_router_is_reached_and_published_to_without_passwords() -> None:
    router = read(INFRA / "modules" / "router.bicep")
    site = router.resources["site"].body
    assert text_of(member(site, "properties", "httpsOnly")) == "true"
    assert text_of(member(site, "properties", "siteConfig", "ftpsState")) == "'Disabled'"
    for policy in ("scmPassword", "ftpPassword"):
        assert text_of(member(router.resources[policy].body, "properties", "allow")) == "false"
    storage = member(site, "properties", "functionAppConfig", "deployment", "storage", "authentication", "type")
    assert text_of(storage) == "'UserAssignedIdentity'"


SAMPLES = {
    "routerStorage.outputs.name": "strabc",
    "routerStorage.outputs.blobEndpoint": "https://strabc.blob.core.windows.net/",
    "versionsStorage.outputs.name": "stvabc",
    "versionsStorage.outputs.blobEndpoint": "https://stvabc.blob.core.windows.net/",
    "routerIdentity.outputs.clientId": "11111111-1111-1111-1111-111111111111",
    "versionsIdentity.outputs.clientId": "22222222-2222-2222-2222-222222222222",
    "versionsIdentity.outputs.id": "/subscriptions/s/resourceGroups/v/providers/Microsoft.ManagedIdentity/u/id",
    "monitoring.outputs.connectionString": "InstrumentationKey=x",
    "subscription().subscriptionId": "00000000-0000-0000-0000-000000000001",
    "versionsGroup.name": "rg-prod-versions",
    "location": "westeurope",
    "routerId": "router",
    "pythonVersion": "3.11",
    "maxApps": "100",
    "storeContainer": "durable-router",
    "clientKeys": "c" * 20,
    "releaseKeys": "r" * 20,
    "adminKeys": "a" * 20,
}


def evaluated(node) -> str:
    """What the expression of a setting comes to, with sample values."""
    match node.type:
        case "string":
            parts = [one for one in node.named_children if one.type in ("string_content", "interpolation")]
            return "".join(evaluated(one) for one in parts)
        case "string_content":
            return text_of(node)
        case "interpolation":
            return evaluated(node.named_children[0])
        case "call_expression" if text_of(node.named_children[0]) == "string":
            argument = node.named_children[1].named_children[0]
            if argument.type != "object":
                return evaluated(argument)
            return json.dumps({name: evaluated(value) for name, value in members(argument).items()})
        case _:
            return SAMPLES[text_of(node)]


def deployed_environment() -> dict[str, str]:
    settings = member(MAIN.modules["router"].body, "params", "settings")
    mandatory, more = settings.named_children[1].named_children
    assert text_of(more) == "moreSettings"
    return {name: evaluated(value) for name, value in members(mandatory).items()}


def test_the_router_starts_with_the_settings_it_is_given() -> None:
    settings = read_settings(deployed_environment())

    assert settings.store == "https://strabc.blob.core.windows.net/durable-router"
    assert settings.resource_group == "rg-prod-versions"
    assert settings.identity_client_id == SAMPLES["routerIdentity.outputs.clientId"]
    assert {key.grant.role: key.digest for key in settings.access.keys} == {
        role: digest_key(role[0] * 20) for role in ("client", "release", "admin")
    }
    assert settings.max_apps == Settings("r", "s", "g", "l", "file:///x").max_apps


def test_every_router_setting_in_the_template_is_one_that_the_router_reads() -> None:
    source = (CHECKOUT / "router_app" / "settings.py").read_text()
    known = set(re.findall(r'"(ROUTER_[A-Z_]+)"', source)) | {
        f"ROUTER_{r}_KEYS" for r in ("CLIENT", "RELEASE", "ADMIN")
    }
    assert {name for name in deployed_environment() if name.startswith("ROUTER_")} <= known


def test_version_apps_reach_their_storage_as_their_own_identity_and_without_a_key() -> None:
    spec: AppSpec = app_spec(read_settings(deployed_environment()), "orders", "1.4", 1)

    name = app_name("router", "orders", "1.4", 1, salt="00000000-0000-0000-0000-000000000001/rg-prod-versions")
    assert spec.container_url == f"https://stvabc.blob.core.windows.net/app-{name}"
    assert spec.identity == SAMPLES["versionsIdentity.outputs.id"]
    assert spec.settings["AzureWebJobsStorage__accountName"] == "stvabc"
    assert spec.settings["AzureWebJobsStorage__clientId"] == SAMPLES["versionsIdentity.outputs.clientId"]
    assert "AccountKey" not in json.dumps(dict(spec.settings))


def test_azd_finds_every_parameter_and_the_service() -> None:
    parameters = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    assert set(parameters) <= set(MAIN.params)
    assert {name for name, one in MAIN.params.items() if not one.has_default} <= set(parameters)
    # Nothing about an environment stands in the file itself.
    assert all(re.fullmatch(r"\$\{\w+(=\w+)?\}", parameter["value"]) for parameter in parameters.values())

    service = re.search(
        r"^services:\n  (\w+):\n(?:    .*\n)*?    host: function$", (CHECKOUT / "azure.yaml").read_text(), re.M
    )
    assert service
    site = read(INFRA / "modules" / "router.bicep").resources["site"].body
    assert f"'azd-service-name': '{service[1]}'" in text_of(member(site, "tags"))
    assert "'azd-env-name': environmentName" in text_of(MAIN.variables["tags"].node)


def test_the_page_on_deploying_names_every_parameter_role_and_output() -> None:
    page = (CHECKOUT / "docs" / "deploying.md").read_text()
    words = [*MAIN.params, *MAIN.outputs, *ROLE_IDS.values()]
    assert [word for word in words if f"`{word}`" not in page] == []


def test_the_names_of_storage_accounts_fit() -> None:
    # uniqueString gives 13 characters.
    for module in ("routerStorage", "versionsStorage"):
        name = text_of(member(MAIN.modules[module].body, "params", "name")).strip("'")
        filled = name.replace("${token}", "x" * 13)
        assert re.fullmatch(r"[a-z0-9]{3,24}", filled), name


def test_only_claims_of_idempotency_keys_pass(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from provisioning import Claim, Claims
    from provisioning.directory_store import DirectoryStore

    passing = re.findall(r"passing: \[\s*'([^']+)'\s*\]", text_of(MAIN.root))
    assert passing == ["${storeContainer}/claims/"]
    prefix = passing[0].partition("/")[2]
    store = DirectoryStore(tmp_path)
    Claims(store).make("orders", "key", Claim("1.0~a", "", datetime.now(UTC)))
    assert list(store.list("")) == list(store.list(prefix)) != []
    # What must never pass has other names: packages, the archive, and what housekeeping remembers.
    sources = [file.read_text() for file in (CHECKOUT / "provisioning").glob("*.py") if file.name != "claims.py"]
    assert not any(f'"{prefix}' in source for source in sources)
