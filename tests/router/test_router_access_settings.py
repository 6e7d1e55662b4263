"""Keys in the settings: what can be one, what is refused at the start, and that no message or repr shows one."""

import pytest
from least_settings import LEAST

from router_app.access import Grant, Role
from router_app.access_settings import read_access
from router_app.settings import SettingError, read_settings

NEEDED = {
    **LEAST,
}
OLD, NEW = "o" * 16, "new-" + "n" * 40


def test_several_keys_of_a_role_are_valid_at_once_so_that_one_can_be_rotated():
    keys = read_access({"ROUTER_ADMIN_KEYS": f"{OLD}, {NEW},"}).keys
    assert [key.grant for key in keys] == [Grant(Role.ADMIN), Grant(Role.ADMIN)]
    assert len({key.digest for key in keys}) == 2


def test_an_application_before_a_key_limits_it_to_that_one():
    keys = read_access({"ROUTER_CLIENT_KEYS": f"orders:{OLD},{NEW}"}).keys
    assert [key.grant for key in keys] == [Grant(Role.CLIENT, "orders"), Grant(Role.CLIENT)]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param("s3cret", "too short: 6 characters", id="short"),
        pytest.param("s3cret-fifteen-", "too short: 15", id="one too short"),
        pytest.param("orders:s3cret", "too short: 6", id="short behind an application"),
        pytest.param("orders:", "too short: 0", id="an application without key"),
        pytest.param("s3cret:" + OLD, None, id="a name of an application with a digit is one"),
        pytest.param("S3cret:" + OLD, "no application's name", id="no application's name"),
        pytest.param("a:s3cret:" + OLD, "no application's name", id="two colons"),
        pytest.param("s3cret with blanks in it", "a character that a key cannot have", id="blanks"),
        pytest.param("s3cret-" + "é" * 20, "a character that a key cannot have", id="not ASCII"),
        pytest.param("s3cret-\n" + "e" * 20, "a character that a key cannot have", id="a line break"),
    ],
)
@pytest.mark.parametrize("role", list(Role))
def test_a_key_that_cannot_be_ends_the_start_and_is_not_repeated(role, entry, said):
    name = f"ROUTER_{role.name}_KEYS"
    if said is None:
        assert read_access({name: entry}).keys
        return
    with pytest.raises(SettingError, match=f"Key 2 of {name}") as refused:
        read_settings({**NEEDED, name: f"{NEW},{entry}"})
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "reference",
    [
        "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/router-admin/)",
        "@Microsoft.KeyVault(VaultName=vault;SecretName=router-admin)",
        "@microsoft.keyvault(SecretUri=https://vault.example/secrets/a,https://vault.example/secrets/b)",
        "@Microsoft.AppConfiguration(Endpoint=https://config.example; Key=router-admin)",
    ],
)
@pytest.mark.parametrize("name", ["ROUTER_ADMIN_KEYS", "ROUTER_CLIENT_KEYS", "ROUTER_APP_SETTINGS", "ROUTER_STORE"])
def test_a_reference_that_the_platform_did_not_resolve_is_no_value(name, reference):
    with pytest.raises(SettingError, match=f"{name} is a reference that the platform has not resolved"):
        read_settings({**NEEDED, name: reference})


def test_a_reference_among_keys_is_no_key_either():
    with pytest.raises(SettingError, match="has not resolved"):
        read_settings({**NEEDED, "ROUTER_ADMIN_KEYS": f"{OLD},@Microsoft.KeyVault(VaultName=v;SecretName=s)"})


def test_no_repr_shows_a_key():
    settings = read_settings({**NEEDED, "ROUTER_ADMIN_KEYS": f"{OLD},orders:{NEW}"})
    assert OLD not in repr(settings)
    assert NEW not in repr(settings)


class TestEntraRoles:
    @pytest.mark.parametrize(("value", "wanted"), [("true", True), ("True", True), ("false", False), ("", False)])
    def test_they_are_a_choice(self, value, wanted):
        env = {**NEEDED, "ROUTER_ENTRA_ROLES": value, "WEBSITE_AUTH_ENABLED": "True"}
        assert read_settings(env).access.entra_roles is wanted

    @pytest.mark.parametrize("authentication", [{}, {"WEBSITE_AUTH_ENABLED": "False"}, {"WEBSITE_AUTH_ENABLED": ""}])
    def test_they_cannot_be_chosen_where_nothing_keeps_forged_headers_out(self, authentication):
        with pytest.raises(SettingError, match="built-in authentication is not on"):
            read_settings({**NEEDED, "ROUTER_ENTRA_ROLES": "true", **authentication})

    def test_anything_else_is_refused(self):
        with pytest.raises(SettingError, match="ROUTER_ENTRA_ROLES must be true or false"):
            read_settings({**NEEDED, "ROUTER_ENTRA_ROLES": "yes please", "WEBSITE_AUTH_ENABLED": "True"})
