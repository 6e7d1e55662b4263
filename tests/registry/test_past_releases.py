"""A line that is patched for years: the table keeps the latest releases in full, and of the others what it must."""

import json
from dataclasses import replace

import pytest
from registry_builders import a_line, a_release, deployed, digest_of, operate, registered

from version_registry.codec import decode_table, encode_table
from version_registry.invariants import find_violations
from version_registry.model import Condition, LineStatus, ReleaseStatus
from version_registry.releases import KEPT_WHEN_OVER, choose_release, forget_old_releases

PATCHES = [f"1.0.{patch}" for patch in range(30)]
PAST = PATCHES[: -KEPT_WHEN_OVER - 2]


@pytest.fixture(scope="module")
def patched():
    return deployed(*PATCHES)


def fail(table, version, line="1.0"):
    table, _ = operate(registered(version, table=table), "begin_deploy", version=version, operation=f"deploy-{version}")
    condition = {"reason": "health", "message": "it does not start"}
    args = {"line": line, "operation": f"deploy-{version}", "condition": condition, "app_deleted": False}
    return operate(table, "fail_deploy", **args)[0]


def test_of_thirty_patches_the_latest_are_kept_in_full(patched):
    line = patched.lines["1.0"]
    assert [release.version for release in line.releases] == PATCHES[len(PAST) :]
    assert line.past == {version: digest_of(version)[:8] for version in PAST}
    assert (line.active, line.releases[-1].status) == (PATCHES[-1], ReleaseStatus.ACTIVE)
    assert decode_table(json.loads(json.dumps(encode_table(patched)))) == patched


def test_a_thousand_patches_of_a_line_fit_an_entity():
    table = deployed(*(f"1.0.{patch}" for patch in range(1000)))
    assert len(json.dumps(encode_table(table))) < 16 * 1024


def test_the_version_of_a_past_release_is_not_used_for_another_package(patched):
    args = {"application": "orders", "version": "1.0.3", "functions": []}
    table, outcome = operate(patched, "register_release", digest="f" * 64, **args)
    assert (table, outcome["granted"], outcome["code"]) == (patched, False, "digest_conflict")


def test_a_past_release_is_posted_again_and_deployed_as_when_it_was_not_past(patched):
    args = {"application": "orders", "version": "1.0.3", "functions": [], "digest": digest_of("1.0.3")}
    table, outcome = operate(patched, "register_release", **args)
    assert (outcome["granted"], outcome["created"]) == (True, False)
    table, begun = operate(table, "begin_deploy", version="1.0.3", operation="back")
    assert (begun["granted"], begun["digest"]) == (True, digest_of("1.0.3"))
    app = {"name": "app", "host": "app.test"}
    table, _ = operate(table, "activate", line="1.0", operation="back", app=app, functions=[])

    line = table.lines["1.0"]
    assert line.active == "1.0.3"
    # The former one went last, so it is not the first to be forgotten.
    assert PATCHES[-1] in {release.version for release in line.releases}
    assert "1.0.3" not in line.past


def test_what_has_just_failed_is_shown_however_old_it_is(patched):
    table = fail(patched, "1.0.12")
    for version in (f"1.0.{patch}" for patch in range(40, 60)):
        table = fail(table, version)
    table = fail(table, "1.0.41")
    releases = {release.version: release.status for release in table.lines["1.0"].releases}
    assert releases["1.0.41"] is ReleaseStatus.FAILED
    assert len(releases) <= KEPT_WHEN_OVER + 4


def test_what_a_start_would_deploy_is_never_forgotten():
    failure = Condition("Active", False, "package_corrupt", "cut off", at=a_release("1.0.0").registered_at)
    failed = [
        a_release(f"1.0.{patch}", ReleaseStatus.FAILED, conditions=(failure,)) for patch in range(1, KEPT_WHEN_OVER + 5)
    ]
    line = a_line("1.0", LineStatus.REGISTERED, releases=(a_release("1.0.0", ReleaseStatus.SUPERSEDED), *failed))
    after = forget_old_releases(line)

    assert choose_release(after) == choose_release(line) == line.releases[0]
    assert len(after.releases) == KEPT_WHEN_OVER + 2


def test_a_release_that_is_both_kept_and_past_is_a_violation():
    table = deployed("1.0.0")
    line = a_line("1.0", past={"1.0.0": "100"})
    assert find_violations(table) == ()
    problems = find_violations(replace(table, lines={"1.0": line}))
    assert any("stands twice" in problem for problem in problems)
