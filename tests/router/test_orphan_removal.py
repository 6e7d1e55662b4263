"""The removal of an orphan that does not go at once: it is said why, asked for again, and holds up no other."""

from datetime import UTC, datetime, timedelta

import pytest

from provisioning import OwnedApp, Pending, TemporaryError, ownership_tags
from router_app.effects.apps import app_spec
from router_app.housekeeping.orphan_notes import list_orphans, note_orphan
from router_app.housekeeping.orphans import sweep_orphans
from router_app.parts import Parts
from router_app.settings import read_settings
from version_registry.orphans import Orphan, TaggedApp

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ENV = {"ROUTER_ID": "main", "ROUTER_SUBSCRIPTION_ID": "s", "ROUTER_RESOURCE_GROUP": "g", "ROUTER_LOCATION": "l"}
LOCKED = TemporaryError("a lock forbids it; locks: audit (CanNotDelete)", "locked", timedelta(seconds=10))


class Platform:
    """A platform of stopped apps; a deletion ends as it is told to."""

    def __init__(self, apps, endings):
        self.apps, self.endings, self.asked = apps, endings, []

    def list_owned(self):
        return tuple(self.apps)

    def host_of(self, _):
        return "127.0.0.1:9"

    def host_keys(self, _):
        raise TemporaryError("the host does not run", "unavailable", timedelta(seconds=1))

    def ensure_absent(self, name, _):
        self.asked.append(name)
        ending = self.endings.pop(0)
        if isinstance(ending, Exception):
            raise ending
        return ending


class Tables:
    """A hub that knows no table."""

    async def read_table(self, _):
        return None


@pytest.fixture
def settings(tmp_path):
    return read_settings({**ENV, "ROUTER_STORE": tmp_path.as_uri()})


def swept(settings, endings, lines=("1.0",)):
    apps = [
        OwnedApp(app_spec(settings, "orders", line, 1).name, ownership_tags("main", "orders", line, 1))
        for line in lines
    ]
    parts = Parts(settings)
    platform = Platform(apps, endings)
    parts.__dict__["platform"] = platform
    for app, line in zip(apps, lines, strict=True):
        # Its instances are archived and none was unfinished; then a removal began, and stopped it.
        tagged = TaggedApp(app.name, "orders", line, 1)
        note_orphan(parts, Orphan(tagged, LONG_AGO, condemned_at=LONG_AGO, emptied_at=LONG_AGO))
    return parts, platform


async def test_a_removal_that_is_locked_and_then_takes_long_is_gone_on_with_round_by_round(settings):
    parts, platform = swept(settings, [LOCKED, Pending("x", timedelta(seconds=1), "deleting app a"), ("app a",)])
    said = []
    for _ in range(3):
        await sweep_orphans(parts, Tables())
        said += [one["reason"] for one in await list_orphans(parts)]
    assert said == [f"it could not be removed yet: {LOCKED.message}", "deleting app a"]
    assert len(platform.asked) == 3


async def test_one_that_is_locked_holds_up_no_other(settings):
    parts, platform = swept(settings, [LOCKED, ("app b",)], lines=("1.0", "1.1"))
    await sweep_orphans(parts, Tables())
    assert len(platform.asked) == 2
    assert [one["app"]["line"] for one in await list_orphans(parts)] == ["1.0"]
