"""The releases of a line: finding, changing and choosing them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from packaging.version import Version

from version_registry.model import Condition, Line, Release, ReleaseStatus
from version_registry.sagas import Json
from version_registry.versions import parse_release

OUTCOME = "Active"
"""The condition that says how a release's deploy ended."""

_OVER = frozenset({ReleaseStatus.SUPERSEDED, ReleaseStatus.FAILED})

TEMPORARY_FAILURES = frozenset({"gate_deadline", "abandoned"})
"""Failures that say nothing against the package: a waiting start may try again."""

KEPT_WHEN_OVER = 10
"""So many releases of a line are kept in full although they are over: the table would grow with every patch."""

PAST_DIGEST_LENGTH = 8
"""Hex digits of a past release's digest: enough to tell another package by."""

RETRY_AFTER = timedelta(minutes=5)
"""So long after a temporary failure no start begins another deploy."""


def find_release(line: Line, version: str) -> Release | None:
    """Find a release of the line by its normalised version."""
    return next((release for release in line.releases if release.version == version), None)


def worked_on_by(line: Line, operation: str | None) -> Release | None:
    """Find the release that a deploy works, or worked last, on."""
    return next((release for release in line.releases if operation and release.operation == operation), None)


def put_release(line: Line, *releases: Release) -> Line:
    """Put releases in place of those of the same versions; a new one comes last."""
    changed = {release.version: release for release in releases}
    known = tuple(changed.pop(release.version, release) for release in line.releases)
    return replace(line, releases=(*known, *changed.values()))


def put_condition(release: Release, condition: Condition) -> Release:
    """Put a condition in place of the one of its type, which keeps its time if it says the same."""
    same = next((known for known in release.conditions if known.type == condition.type), None)
    if same is not None and replace(same, at=condition.at) == condition:
        return release
    others = tuple(known for known in release.conditions if known is not same)
    return replace(release, conditions=(*others, condition))


def read_condition(document: Json, kind: str, at: datetime) -> Condition:
    """Read a condition as planners write it; `kind` is the type of one that does not name its own."""
    return Condition(
        type=document.get("type", kind),
        status=bool(document.get("status", False)),
        reason=document["reason"],
        message=document.get("message", ""),
        at=at,
    )


def close_release(release: Release, status: ReleaseStatus) -> Release:
    """Keep of a release that does not run any more how it ended, not the steps: the table would grow with them."""
    outcome = tuple(condition for condition in release.conditions if condition.type == OUTCOME)
    return replace(release, status=status, functions=(), conditions=outcome)


def forget_old_releases(line: Line, *spared: str | None) -> Line:
    """Keep of releases that are over only the latest in full, besides what may still be deployed by a start."""
    useful = {*spared, *(one.version for one in (choose_release(line), newest(line.releases)) if one)}
    over = [one for one in line.releases if one.status in _OVER and one.version not in useful]
    forgotten = {one.version: one.digest[:PAST_DIGEST_LENGTH] for one in over[:-KEPT_WHEN_OVER]}
    if not forgotten:
        return line
    kept = tuple(one for one in line.releases if one.version not in forgotten)
    return replace(line, releases=kept, past=MappingProxyType({**line.past, **forgotten}))


def recall_release(line: Line, release: Release) -> Line:
    """Put a release, also one that is past."""
    past = {version: digest for version, digest in line.past.items() if version != release.version}
    return put_release(replace(line, past=MappingProxyType(past)), release)


def find_failure(release: Release) -> Condition | None:
    """Find why the release's last deploy failed."""
    if release.status is not ReleaseStatus.FAILED:
        return None
    return next((condition for condition in release.conditions if condition.type == OUTCOME), None)


def choose_release(line: Line) -> Release | None:
    """Choose what to deploy when a start needs the line: the newest release whose package is not known to be bad."""
    return max((release for release in line.releases if _may_be_deployed(release)), key=_age, default=None)


def newest(releases: Iterable[Release]) -> Release | None:
    """Find the release of the highest version."""
    return max(releases, key=_age, default=None)


def _may_be_deployed(release: Release) -> bool:
    failure = find_failure(release)
    return release.status is not ReleaseStatus.FAILED or (failure is not None and failure.reason in TEMPORARY_FAILURES)


def _age(release: Release) -> Version:
    return parse_release(release.version)


def describe_failures(line: Line) -> str:
    """Say why the releases of a line failed."""
    failures = [(release.version, find_failure(release)) for release in line.releases]
    said = [f"{version} failed ({first_line(failure)})" for version, failure in failures if failure]
    return "; ".join(said) or "it has none"


def first_line(condition: Condition) -> str:
    """Say it in one line: what follows the first, such as a traceback, is for those who look at the release."""
    return (condition.message or condition.reason).partition("\n")[0]
