"""Old tombstones leave the table, routing does not notice, and any of them can come back."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from random import Random
from types import MappingProxyType

import pytest
from registry_builders import (
    HOUR,
    NOW,
    a_count,
    a_current_line,
    a_line,
    a_policy,
    a_receipt,
    a_release,
    a_table,
    deployed,
    digest_of,
    operate,
)
from saga_world import World

from version_registry.codec import decode_table, encode, encode_table
from version_registry.errors import MalformedError
from version_registry.model import LineStatus, ReleaseStatus, RetiredStarts, Tombstone
from version_registry.rollout import new_deploy
from version_registry.routing import Elsewhere, Forward, Reject, RejectKind, Wait, route_follow_up, route_start
from version_registry.tombstones import KEPT_IN_TABLE, choose_for_archive, fingerprint, stand_in

RECENT = KEPT_IN_TABLE


def a_tombstone_line(number, **more):
    receipt = a_receipt()
    completed = NOW - timedelta(hours=1000 - number)
    return a_line(f"1.{number}", LineStatus.RETIRED, **({"receipt": replace(receipt, completed_at=completed)} | more))


def a_table_of_the_dead(count, **more):
    lines = [a_tombstone_line(number) for number in range(count)]
    return a_table(*lines, a_current_line("2.0"), current="2.0", **more)


def archived(table, *names):
    """Move lines to the archive, and return the table and what the archive holds."""
    copies = {name: encode(table.lines[name]) for name in names}
    prints = {name: fingerprint(table.lines[name]) for name in names}
    table, outcome = operate(table, "archive_lines", lines=prints)
    assert outcome["archived"] == list(names)
    return table, copies


class TestChoosing:
    def test_the_latest_stay_and_the_oldest_go_first(self):
        chosen = choose_for_archive(a_table_of_the_dead(RECENT + 3))
        assert [line.name for line in chosen] == ["1.0", "1.1", "1.2"]

    def test_none_goes_while_there_are_few(self):
        assert choose_for_archive(a_table_of_the_dead(RECENT)) == ()

    def test_what_somebody_waits_for_keeps_or_may_go_back_to_stays(self):
        busy = [
            a_tombstone_line(0, keep="an audit"),
            a_tombstone_line(1, waiting=("start",)),
            a_tombstone_line(2),
        ]
        rest = [a_tombstone_line(number) for number in range(3, RECENT + 3)]
        assert choose_for_archive(a_table(*busy, *rest, a_current_line("2.0"), current="2.0", previous="1.2")) == ()

    def test_a_live_line_never_goes(self):
        lines = [a_line(f"1.{number}") for number in range(RECENT * 2)]
        assert choose_for_archive(a_table(*lines, a_current_line("2.0"), current="2.0")) == ()


class TestMoving:
    def test_a_tombstone_keeps_its_latest_version_and_its_generation(self):
        releases = (a_release("1.0.0", ReleaseStatus.SUPERSEDED), a_release("1.0.10", ReleaseStatus.RETIRED))
        table = a_table(a_tombstone_line(0, releases=releases, generation=3), a_current_line("2.0"), current="2.0")
        table, _ = archived(table, "1.0")
        assert table.archived == {"1.0": Tombstone("1.0.10", 3)}
        assert list(table.lines) == ["2.0"]

    def test_a_line_that_has_changed_since_it_was_copied_stays(self):
        table = a_table_of_the_dead(1)
        prints = {"1.0": fingerprint(table.lines["1.0"])}
        table, _ = operate(table, "keep", line="1.0", reason="an audit")
        after, outcome = operate(table, "archive_lines", lines=prints)
        assert (after, outcome["archived"]) == (table, [])

    @pytest.mark.parametrize("status", [one for one in LineStatus if one is not LineStatus.RETIRED])
    def test_a_line_that_is_no_tombstone_stays_whatever_is_asked(self, status):
        table = a_table(a_line("1.0", status), a_current_line("2.0"), current="2.0")
        after, _ = operate(table, "archive_lines", lines={"1.0": fingerprint(table.lines["1.0"])})
        assert after == table

    def test_what_comes_back_is_what_went(self):
        table = a_table_of_the_dead(2)
        away, copies = archived(table, "1.0", "1.1")
        back, _ = operate(away, "restore_line", line=copies["1.1"])
        assert back.lines["1.1"] == table.lines["1.1"]
        assert set(back.archived) == {"1.0"}
        again, outcome = operate(back, "restore_line", line=copies["1.1"])
        assert (again, outcome["granted"]) == (back, True)

    def test_a_copy_of_another_time_is_not_put_back(self):
        table, copies = archived(a_table_of_the_dead(1), "1.0")
        after, outcome = operate(table, "restore_line", line=copies["1.0"] | {"generation": 9})
        assert (after, outcome["code"]) == (table, "stale")

    @pytest.mark.parametrize(
        ("operation", "args"),
        [
            ("register_release", {"version": "1.0.1", "digest": digest_of("1.0.1"), "functions": []}),
            ("begin_deploy", {"version": "1.0.0", "operation": "deploy"}),
            ("request_start", {"line": "1.0", "operation": "start"}),
            ("keep", {"line": "1.0", "reason": "an audit"}),
        ],
    )
    def test_every_other_operation_on_it_says_where_the_line_is(self, operation, args):
        table, _ = archived(a_table_of_the_dead(1), "1.0")
        after, outcome = operate(table, operation, application="orders", **args)
        assert (after, outcome["code"]) == (table, "archived")


class TestRouting:
    @pytest.mark.parametrize("policy", RetiredStarts)
    @pytest.mark.parametrize("version", ["1.0", "1.0.7", "1", "~=1.0", "latest", None])
    def test_a_start_goes_where_it_would_go_if_the_line_were_in_the_table(self, version, policy):
        table = a_table_of_the_dead(1, policy=a_policy(retired_starts=policy))
        away, _ = archived(table, "1.0")
        routes = [route_start(one, version, "process_order", "key") for one in (table, away)]
        assert routes[0] == routes[1]

    def test_a_follow_up_looks_for_its_instance_where_instances_of_retired_lines_are(self):
        table, _ = archived(a_table_of_the_dead(1), "1.0")
        assert route_follow_up(table, "1.0~order") == Elsewhere("1.0", LineStatus.RETIRED)
        assert isinstance(route_follow_up(table, "1.7~order"), Reject)

    def test_a_line_in_the_table_is_preferred_to_the_archive(self):
        table, _ = archived(a_table(a_tombstone_line(9), a_line("1.2"), a_current_line("2.0"), current="2.0"), "1.9")
        assert isinstance(route_start(table, "1", "process_order", "key"), Forward)
        assert isinstance(route_start(table, "1.9", "process_order", "key"), Wait)
        assert route_start(table, "1.8", "process_order", "key").kind is RejectKind.UNKNOWN_VERSION

    def test_a_stand_in_routes_by_its_latest_version(self):
        assert stand_in("1.0", Tombstone("1.0.3", 2)).releases[0].version == "1.0.3"


class TestSagas:
    @pytest.fixture
    def old_world(self):
        """A world whose line 1.0 is retired and in the archive."""
        world = World()
        for version in ("1.0.0", "1.1.0"):
            world.deploy(version)
        world.change("request_drain", line="1.0")
        world.monitor()
        while world.line("1.0").status is not LineStatus.RETIRED:
            world.tick()
        world.change("promote", line="1.1")
        world.deploy("1.2.0")
        world.table, copies = archived(world.table, "1.0")
        world.tombstones = copies
        return world

    def test_a_start_brings_its_line_back_and_is_delivered(self, old_world):
        public = old_world.request("1.0", "again")
        saga = old_world.run(f"start~orders~{public}")
        assert saga.output["accepted"]
        assert (old_world.line("1.0").status, old_world.line("1.0").generation) == (LineStatus.LIVE, 2)
        assert old_world.table.archived == {}

    def test_a_deploy_of_an_archived_release_brings_its_line_back(self, old_world):
        operation = "deploy~orders~1.0.0~x"
        old_world.start("deploy_release", operation, new_deploy("orders", "1.0.0", operation=operation))
        assert old_world.run(operation).status == "completed"
        assert old_world.line("1.0").generation == 2

    def test_a_store_that_is_away_for_a_moment_is_asked_again(self, old_world):
        old_world.faults["recall_line"] = [{"retry": {"reason": "away", "retry_after": 3}}] * 2
        public = old_world.request("1.0", "again")
        assert old_world.run(f"start~orders~{public}").output["accepted"]

    def test_a_line_that_the_archive_has_lost_ends_the_start_with_the_reason(self, old_world):
        old_world.faults["recall_line"] = [{"failed": {"code": "not_archived", "reason": "it is not there"}}]
        public = old_world.request("1.0", "again")
        saga = old_world.run(f"start~orders~{public}")
        assert saga.status == "failed"
        assert saga.output["message"] == "line 1.0 could not be brought back from the archive: it is not there"


class TestSize:
    FUNCTIONS = tuple(
        {"name": f"{verb}_{thing}", "kind": f"{kind}Trigger"}
        for verb, thing, kind in [
            ("place", "order", "orchestration"),
            ("ship", "order", "orchestration"),
            ("reserve", "stock", "activity"),
            ("charge", "card", "activity"),
            ("send", "mail", "activity"),
            ("count", "parcels", "entity"),
            ("start", "order", "http"),
            ("show", "stock", "http"),
        ]
    )

    def a_big_table(self):
        """A hundred live lines with two releases each, as they come about, and a thousand tombstones."""
        table, now, chance = None, NOW, Random(7)
        for number in range(100):
            for patch in range(2):
                now += timedelta(seconds=chance.uniform(100, 90_000))
                table = self.release(table, f"7.{number}.{patch}", now)
        counts = {f"7.{number}": encode(a_count(0, at=now + HOUR)) for number in range(99)}
        table, _ = operate(table, "record_counts", now + HOUR, counts=counts)
        graves = {f"{3 + n % 4}.{n}": Tombstone(f"{3 + n % 4}.{n}.{n % 7}", 1 + n % 3) for n in range(1000)}
        return replace(table, archived=MappingProxyType(graves))

    def release(self, table, version, now):
        digest, operation = hashlib.sha256(version.encode()).hexdigest(), f"deploy~orders~{version}~{now:%H%M%S}"
        args = {"application": "orders", "version": version, "digest": digest, "functions": self.FUNCTIONS}
        table, _ = operate(table, "register_release", now, **args)
        table, begun = operate(table, "begin_deploy", now, version=version, operation=operation)
        name = f"orders-{begun['line'].replace('.', '-')}-g1-{hashlib.md5(begun['line'].encode()).hexdigest()[:10]}"
        for number, kind in enumerate(("PackageChecked", "AppReady", "PackagePublished", "Healthy")):
            condition = {"type": kind, "status": True, "reason": "done", "message": f"{kind} {name}"}
            at = now + timedelta(seconds=number * 3.217)
            table, _ = operate(
                table, "report_progress", at, line=begun["line"], operation=operation, condition=condition
            )
        app = {"name": name, "host": f"{name}.azurewebsites.net"}
        args = {"line": begun["line"], "operation": operation, "app": app, "functions": self.FUNCTIONS}
        return operate(table, "activate", now, **args)[0]

    def test_a_hundred_live_lines_and_a_thousand_tombstones_fit_an_entity(self):
        table = self.a_big_table()
        text = json.dumps(encode_table(table))
        print(f"{len(text)} bytes, {len(json.dumps(encode(table)))} unpacked")
        assert len(text.encode()) < 32 * 1024
        assert decode_table(json.loads(text)) == table

    def test_a_table_of_usual_size_stays_readable(self):
        document = encode_table(deployed("1.0.0", "1.1.0"))
        assert document["schema_version"] == 1
        assert document["current"] == "1.1"

    def test_a_packed_table_that_is_damaged_is_refused(self):
        document = dict(encode_table(self.a_big_table()))
        assert (document["schema_version"], document["application"]) == (2, "orders")
        with pytest.raises(MalformedError):
            decode_table(document | {"packed": document["packed"][:100]})
