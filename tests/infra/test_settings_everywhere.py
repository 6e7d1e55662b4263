"""Every setting that the router reads is documented, and is given by the template unless the router can do without."""

import re
from pathlib import Path
from typing import Any

import pytest
from bicep_files import BicepFile, member, members, read, text_of

from router_app.settings import SettingError, read_settings

CHECKOUT = Path(__file__).parents[2]
WORKING = {
    "ROUTER_ID": "main",
    "ROUTER_SUBSCRIPTION_ID": "s",
    "ROUTER_RESOURCE_GROUP": "g",
    "ROUTER_LOCATION": "l",
    "ROUTER_STORE": "file:///x",
    "ROUTER_HOSTING": "premium",
    "ROUTER_RUN_FROM_PACKAGE": "true",
}


class Watched(dict[str, str]):
    """An environment that notes what is looked up."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)


def settings_read() -> set[str]:
    environment = Watched(WORKING)
    read_settings(environment)
    return {name for name in environment.asked if name.startswith("ROUTER_")}


def settings_given() -> set[str]:
    main: BicepFile = read(CHECKOUT / "infra" / "main.bicep")
    settings = member(main.modules["router"].body, "params", "settings")
    mandatory, more = settings.named_children[1].named_children
    assert text_of(more) == "moreSettings", "everything else can be given by hand"
    return set(members(mandatory))


def is_required(name: str) -> bool:
    least = {key: value for key, value in WORKING.items() if key not in ("ROUTER_HOSTING", "ROUTER_RUN_FROM_PACKAGE")}
    try:
        read_settings({key: value for key, value in least.items() if key != name})
    except SettingError:
        return True
    return False


def test_the_settings_that_are_read_are_all_found() -> None:
    assert len(settings_read()) >= 30
    source = "".join(file.read_text() for file in (CHECKOUT / "router_app").glob("*settings.py"))
    assert set(re.findall(r'"(ROUTER_[A-Z_]+)"', source)) <= settings_read()


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_a_setting_is_in_the_table_of_settings(name: str) -> None:
    table = (CHECKOUT / "docs" / "operations.md").read_text()
    rows = [line for line in table.splitlines() if line.startswith("| `ROUTER_")]
    assert any(f"`{name}`" in row.split("|")[1] for row in rows), f"{name} is not documented in docs/operations.md"


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_a_setting_that_the_router_cannot_do_without_is_given_by_the_template(name: str) -> None:
    if is_required(name):
        assert name in settings_given()


def test_few_settings_are_required() -> None:
    assert {name for name in settings_read() if is_required(name)} == {
        "ROUTER_ID",
        "ROUTER_SUBSCRIPTION_ID",
        "ROUTER_RESOURCE_GROUP",
        "ROUTER_LOCATION",
        "ROUTER_STORE",
    }


def test_the_template_gives_no_setting_that_nobody_reads() -> None:
    given = {name for name in settings_given() if name.startswith("ROUTER_")}
    assert given <= settings_read()


def test_what_azure_needs_beyond_that_is_given_too() -> None:
    needed_in_azure = {
        "ROUTER_IDENTITY_CLIENT_ID",
        "ROUTER_APP_IDENTITY",
        "ROUTER_DEPLOYMENT_STORAGE",
        "ROUTER_APP_SETTINGS",
        "ROUTER_CLIENT_KEYS",
        "ROUTER_RELEASE_KEYS",
        "ROUTER_ADMIN_KEYS",
    }
    assert needed_in_azure <= settings_given()


def test_the_page_on_deploying_says_where_the_settings_are_explained() -> None:
    page = (CHECKOUT / "docs" / "deploying.md").read_text()
    assert "[operations.md](operations.md) lists all" in page
