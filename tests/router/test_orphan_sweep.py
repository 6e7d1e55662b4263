"""The sweep's rules that need no platform: what it does not touch, what it does not believe, and who waits for it."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioning import OwnedApp, Ready, VersionAppRef, candidate_names, ownership_tags
from router_app.durable.client import HubError
from router_app.effects.apps import app_spec
from router_app.effects.context import EffectContext
from router_app.effects.registry import execute_effect
from router_app.housekeeping.orphan_notes import list_orphans, note_orphan
from router_app.housekeeping.orphans import read_tags, sweep_orphans
from router_app.parts import Parts
from router_app.settings import read_settings
from version_registry.orphans import Orphan, TaggedApp

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Platform:
    """A platform that has some apps, and notes what is deleted."""

    def __init__(self, *apps):
        self.apps, self.deleted, self.made = list(apps), [], []

    def list_owned(self):
        return tuple(self.apps)

    def host_of(self, _):
        return "127.0.0.1:9"

    def host_keys(self, _):
        raise AssertionError("nobody looks into an app within its grace")

    def ensure_absent(self, app_name, _):
        self.deleted.append(app_name)
        return (app_name,)

    def ensure_app(self, spec, _):
        self.made.append(spec.name)
        return Ready(VersionAppRef(spec.name, "app.test"))


class Tables:
    """A hub that knows no table, or cannot tell."""

    def __init__(self, fault=None):
        self.fault = fault

    async def read_table(self, _):
        if self.fault:
            raise self.fault


@pytest.fixture
def settings(tmp_path):
    env = {"ROUTER_ID": "main", "ROUTER_SUBSCRIPTION_ID": "s", "ROUTER_RESOURCE_GROUP": "g", "ROUTER_LOCATION": "l"}
    return read_settings({**env, "ROUTER_STORE": tmp_path.as_uri()})


def owned(settings, line="1.0", generation=1, **changes):
    spec = app_spec(settings, "orders", line, generation)
    tags = {**ownership_tags("main", "orders", line, generation), **changes}
    return OwnedApp(spec.name, {name: value for name, value in tags.items() if value is not None})


def parts_on(settings, platform):
    parts = Parts(settings)
    parts.__dict__["platform"] = platform
    return parts


@pytest.mark.parametrize("tag", ["application", "line", "generation"])
@pytest.mark.parametrize("value", [None, "", "7x"])
def test_an_app_without_all_tags_or_with_those_of_another_app_is_not_ours(settings, tag, value):
    assert read_tags(settings, owned(settings)) is not None
    assert read_tags(settings, owned(settings, **{f"durable-router-{tag}": value})) is None


def test_an_app_whose_name_is_not_the_one_that_its_tags_lead_to_is_not_ours(settings):
    assert read_tags(settings, OwnedApp("my-own-app", owned(settings).tags)) is None


def test_an_app_that_got_another_of_its_names_because_the_first_was_taken_is_ours(settings):
    app = owned(settings)
    second = candidate_names(app.name)[1]
    found = read_tags(settings, OwnedApp(second, app.tags))
    assert found is not None
    assert found.name == second


async def test_an_orphan_is_shown_at_once_and_left_alone(settings):
    platform = Platform(owned(settings), OwnedApp("foreign", {"durable-router-id": "main"}))
    parts = parts_on(settings, platform)
    for _ in range(3):
        await sweep_orphans(parts, Tables())
    (shown,) = await list_orphans(parts)
    assert (shown["app"]["name"], shown["app"]["line"]) == (owned(settings).name, "1.0")
    assert platform.deleted == []


@pytest.mark.parametrize("fault", [HubError("away"), OSError("disk")], ids=["hub", "disk"])
async def test_tables_that_cannot_be_read_end_the_sweep_before_anything_is_done(settings, fault):
    platform = Platform(owned(settings))
    parts = parts_on(settings, platform)
    with pytest.raises(type(fault)):
        await sweep_orphans(parts, Tables(fault))
    assert await list_orphans(parts) == []


async def test_an_app_that_is_gone_or_known_again_is_forgotten(settings):
    platform = Platform(owned(settings))
    parts = parts_on(settings, platform)
    await sweep_orphans(parts, Tables())
    platform.apps.clear()
    await sweep_orphans(parts, Tables())
    assert await list_orphans(parts) == []


@pytest.mark.parametrize("condemned", [True, False])
async def test_a_deploy_does_not_take_a_condemned_app_for_its_own(settings, condemned):
    platform = Platform()
    parts = parts_on(settings, platform)
    name = app_spec(settings, "orders", "1.0", 1).name
    at = LONG_AGO + timedelta(days=1) if condemned else None
    note_orphan(parts, Orphan(TaggedApp(name, "orders", "1.0", 1), LONG_AGO, condemned_at=at))
    args = {"application": "orders", "line": "1.0", "generation": 1}
    outcome = await execute_effect(EffectContext(parts, Tables()), "ensure_app", args)
    assert ("retry" in outcome, platform.made) == ((True, []) if condemned else (False, [name]))
